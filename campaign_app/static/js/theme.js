// Follows the light or dark choice of the device; paper is light. Loaded in the head, before the page is painted.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const show = (theme) => {
    document.documentElement.dataset.bsTheme = theme;
    document.dispatchEvent(new CustomEvent("themechange"));
  };
  const follow = () => show(dark.matches ? "dark" : "light");
  document.documentElement.dataset.script = "on";
  follow();
  dark.addEventListener("change", follow);

  // On paper nothing can be opened: the tables beneath the charts are shown.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.figures:not([open])")];
    for (const one of opened) one.open = true;
    show("light");
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    follow();
  });
})();
