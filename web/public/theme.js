// Before the first paint, so that a dark page never flashes white. lib/theme.ts writes the choice.
(function () {
  var choice = "system";
  try {
    choice = localStorage.getItem("promptops-theme") || "system";
  } catch {
    // No storage: the system decides.
  }
  var isDark =
    choice === "dark" ||
    (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", isDark);
})();
