// Sends the form as it stands to the address in [data-fragment] while somebody types or chooses,
// and puts the answer into the element that [data-target] names. Files go along from [data-files] only.
(() => {
  const waiting = new WeakMap(); // source -> its timer
  const latest = {}; // target -> the number of its latest question

  const bodyOf = (source) => {
    const body = new FormData(source.closest("form"));
    if (!("files" in source.dataset)) {
      for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    }
    return body;
  };

  const ask = async (source) => {
    const { fragment, target: id, failed } = source.dataset;
    const mine = (latest[id] = (latest[id] || 0) + 1);
    const target = document.getElementById(id);
    target.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(fragment, { method: "POST", body: bodyOf(source), redirect: "manual" });
      if (mine !== latest[id]) return;
      if (!answer.ok) throw new Error(answer.status);
      const html = await answer.text();
      if (mine !== latest[id]) return;
      const focused = document.activeElement?.id;
      target.innerHTML = html;
      if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
    } catch {
      // Without an answer the page stays as it is; saving works all the same.
      if (failed) source.querySelector(".field-error").textContent = failed;
    } finally {
      if (mine === latest[id]) target.removeAttribute("aria-busy");
    }
  };

  // On the document: the fields of a message are exchanged as a whole.
  const listen = (event) => {
    for (let source = event.target.closest("[data-fragment]"); source; source = source.parentElement.closest("[data-fragment]")) {
      if (source.dataset.on !== event.type) continue;
      clearTimeout(waiting.get(source));
      waiting.set(source, setTimeout(ask, 300, source));
    }
  };
  document.addEventListener("input", listen);
  document.addEventListener("change", listen);
})();
