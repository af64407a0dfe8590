"use strict";
// What every page does a little better with a script. Every form works without.
(function () {
  document.documentElement.classList.add("js");
  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-print]")) window.print();
  });
  // What unfolds in the bar folds up again when something else is wanted.
  document.addEventListener("click", function (event) {
    document.querySelectorAll(".bar-more[open]").forEach(function (more) { if (!more.contains(event.target)) more.removeAttribute("open"); });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") document.querySelectorAll(".bar-more[open]").forEach(function (more) { more.removeAttribute("open"); more.querySelector("summary").focus(); });
  });
  // A map wider than its window shows this week first.
  var map = document.querySelector(".heat-wide"), now = map && map.querySelector("th.now");
  if (now && map.scrollWidth > map.clientWidth) map.scrollLeft = now.offsetLeft - map.clientWidth + 120;
  // Coming back by the browser's own button, the form may be sent again.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });
})();
