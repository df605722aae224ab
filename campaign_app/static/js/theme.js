// Follows the light or dark choice of the device. Loaded in the head, before the page is painted.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
    document.dispatchEvent(new CustomEvent("themechange"));
  };
  document.documentElement.dataset.script = "on";
  apply();
  dark.addEventListener("change", apply);
})();
