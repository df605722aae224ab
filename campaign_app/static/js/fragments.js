// Sends the form as it stands to the address in [data-fragment] while somebody types or chooses,
// and puts the answer into the element that [data-target] names.
(() => {
  for (const source of document.querySelectorAll("[data-fragment]")) {
    const form = source.closest("form");
    let timer;
    let latest = 0;
    const ask = async () => {
      const mine = ++latest;
      try {
        const answer = await fetch(source.dataset.fragment, { method: "POST", body: new FormData(form), redirect: "manual" });
        if (!answer.ok || mine !== latest) return;
        document.getElementById(source.dataset.target).innerHTML = await answer.text();
      } catch {
        // Without an answer the page stays as it is; saving works all the same.
      }
    };
    source.addEventListener(source.dataset.on, () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 300);
    });
  }
})();
