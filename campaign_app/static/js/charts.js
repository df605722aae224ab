// Draws the charts of a campaign from the figures in #chart-data. Colours come from the style sheet.
(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const figures = () => JSON.parse(document.getElementById("chart-data").textContent);
  const whole = new Intl.NumberFormat("en-GB");
  const hourShapes = { sent: [], delivered: [], read: [6, 4], failed: [2, 3] };
  const shapes = { delivered: { pointStyle: "rect", borderDash: [] }, read: { pointStyle: "circle", borderDash: [6, 4] } };
  const charts = new Map();

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 12.5;

  const bars = (data) => data.counts.map(({ name, label, values }) => ({
    label, data: values, backgroundColor: colour(`--chart-${name}`), borderRadius: 3, maxBarThickness: 28, categoryPercentage: 0.72, barPercentage: 0.92,
  }));
  const lines = (data) => data.rates.map(({ name, label, values }) => ({
    label, data: values, borderColor: colour(`--chart-${name}`), backgroundColor: colour(`--chart-${name}`), borderWidth: 2.5, pointRadius: values.length > 40 ? 0 : 3.5, tension: 0.25, ...shapes[name],
  }));

  const hourLines = (data) => data.hourly.map(({ name, label, values }) => ({
    label, data: values, borderColor: colour(`--chart-${name}`), backgroundColor: colour(`--chart-${name}`), borderWidth: 2, borderDash: hourShapes[name], pointRadius: values.length > 30 ? 0 : 3, tension: 0,
  }));

  const kinds = {
    counts: { type: "bar", isRate: false, labels: "days", sets: bars },
    rates: { type: "line", isRate: true, labels: "days", sets: lines },
    hours: { type: "line", isRate: false, isDashed: true, labels: "hours", sets: hourLines },
  };

  const options = ({ isRate, isDashed }) => ({
    responsive: true,
    maintainAspectRatio: false,
    animation: still ? false : { duration: 300 },
    interaction: { mode: "index", intersect: false },
    plugins: {
      legend: { position: "bottom", labels: { color: colour("--chart-text"), usePointStyle: isRate || isDashed, pointStyle: isDashed ? "line" : undefined, pointStyleWidth: isDashed ? 28 : 14, boxWidth: 12, boxHeight: isRate ? 7 : 12, padding: 16 } },
      tooltip: { callbacks: { label: (item) => `${item.dataset.label}: ${isRate ? `${item.parsed.y.toFixed(1)}%` : whole.format(item.parsed.y)}` } },
    },
    scales: {
      x: { grid: { display: false }, ticks: { color: colour("--chart-text"), maxRotation: 0, autoSkipPadding: 12 }, border: { color: colour("--chart-grid") } },
      y: { beginAtZero: true, max: isRate ? 100 : undefined, grid: { color: colour("--chart-grid") }, border: { display: false }, ticks: { color: colour("--chart-text"), precision: 0, maxTicksLimit: 6, callback: (value) => (isRate ? `${value}%` : whole.format(value)) } },
    },
  });

  const draw = (event) => {
    if (!document.getElementById("chart-data")) return;
    const data = figures();
    for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
      const kind = kinds[canvas.dataset.chart];
      const { type, labels, sets } = kind;
      const fresh = { labels: data[labels], datasets: sets(data) };
      canvas.closest(".charts").hidden = fresh.labels.length === 0;
      const chart = charts.get(canvas);
      if (!chart) {
        charts.set(canvas, new Chart(canvas, { type, data: fresh, options: options(kind) }));
        continue;
      }
      chart.data.labels = fresh.labels;
      fresh.datasets.forEach((set, place) => Object.assign(chart.data.datasets[place], set));
      chart.options = options(kind);
      chart.update(event?.type === "themechange" ? "none" : undefined); // at once: paper does not wait
    }
  };

  document.addEventListener("partschange", draw);
  document.addEventListener("themechange", draw);
  draw();
})();
