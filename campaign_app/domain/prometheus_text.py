"""Measurements in the text format that Prometheus reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Metric:
    """One measurement, with a value for each set of labels. None values are left out: not known is not zero."""

    name: str
    meaning: str
    values: Sequence[tuple[Mapping[str, str], float | None]] = field(default_factory=list)


def one(name: str, meaning: str, value: float | None) -> Metric:
    """A measurement without labels."""
    return Metric(name, meaning, [({}, value)])


def exposition(metrics: Iterable[Metric]) -> str:
    r"""The whole page. Source: prometheus.io, "Exposition formats", read 2026-11.

    >>> print(exposition([Metric("x_lag", "How far \\ behind.", [({"of": 'a "b"'}, 1.5), ({"of": "c"}, None)])]), end="")
    # HELP x_lag How far \\ behind.
    # TYPE x_lag gauge
    x_lag{of="a \"b\""} 1.5
    """
    lines = []
    for metric in metrics:
        known = [(labels, value) for labels, value in metric.values if value is not None]
        if known:
            meaning = metric.meaning.replace("\\", r"\\").replace("\n", r"\n")
            lines += [f"# HELP {metric.name} {meaning}", f"# TYPE {metric.name} gauge"]
            lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in known]
    return "".join(f"{line}\n" for line in lines)


def quantiles(values: Iterable[float], shares: Sequence[float] = (0.5, 0.95, 0.99)) -> dict[float, float]:
    """The value below which each share of them lies; nothing of nothing.

    >>> quantiles([3, 1, 2, 4])
    {0.5: 2, 0.95: 4, 0.99: 4}
    """
    ordered = sorted(values)
    return (
        {
            share: ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
            for share in shares
        }
        if ordered
        else {}
    )


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = {
        name: value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        for name, value in labels.items()
    }
    return "{" + ",".join(f'{name}="{value}"' for name, value in escaped.items()) + "}"


def _number(value: float) -> str:
    return f"{value:d}" if isinstance(value, int) else repr(float(value))
