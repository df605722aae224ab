// Asks for the address in [data-live] again and again, and puts in the parts that the server rendered anew.
// Backs off while nothing changes, stops when the page is hidden or the work is finished.
(() => {
  const root = document.querySelector("[data-live]");
  if (!root || "finished" in root.dataset) return;
  const fastest = 2000;
  const slowest = 30000;
  let wait = fastest;
  let timer;

  const put = (fresh) => {
    let changed = false;
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const old = document.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!old || old.innerHTML === part.innerHTML || old.querySelector("details[open]")) continue;
      const focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      old.innerHTML = part.innerHTML;
      if (focused) old.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
      changed = true;
    }
    if (changed) document.dispatchEvent(new CustomEvent("partschange"));
    return changed;
  };

  const poll = async () => {
    const began = performance.now();
    try {
      const answer = await fetch(root.dataset.live, { redirect: "manual" });
      if (answer.type === "opaqueredirect") return location.reload(); // signed out meanwhile
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      wait = put(fresh) ? fastest : Math.min(wait * 1.5, slowest);
      if (fresh.querySelector("[data-finished]")) return;
    } catch {
      wait = Math.min(wait * 2, slowest);
    }
    schedule(Math.max(wait, 10 * (performance.now() - began)));
  };

  const schedule = (delay) => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(poll, delay);
  };

  document.addEventListener("visibilitychange", () => schedule(document.hidden ? 0 : 200));
  schedule(fastest);
})();
