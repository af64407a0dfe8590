"use strict";
// The ledger: a changed filter asks at once; who answers and until when is edited in place.
(function () {
  var filters = document.querySelector("form.filters");
  if (filters) filters.addEventListener("change", function (event) {
    if (event.target.tagName === "SELECT") {
      var section = filters.elements.namedItem("section");
      if (event.target.name === "plan" && section) section.value = ""; // aspects belong to one plan
      filters.submit();
    }
  });

  // A link of a cell opens the form in a row of its own beneath the finding. Without a script it leads to the same form on a page.
  document.addEventListener("click", function (event) {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest) return;
    var link = event.target.closest("a.ed");
    var finding = link && link.closest("tbody[data-edit]");
    if (!finding || link.getAttribute("href").indexOf(finding.dataset.edit) !== 0) return;
    event.preventDefault();
    open(finding, link.getAttribute("href"));
  });

  function open(finding, address) {
    var field = address.split("#")[1];
    var there = formOf(finding);
    if (there) { focus(there, field); return; }
    ask(finding.dataset.edit + "?part=1").then(function (answer) {
      if (!answer.ok) { window.location.href = address; return; }
      show(finding, answer.html);
      focus(formOf(finding), field);
    }, function () { window.location.href = address; });
  }

  function formOf(finding) {
    var next = finding.nextElementSibling;
    return next && next.classList.contains("editing") ? next : null;
  }

  function focus(form, field) {
    var input = field && form.querySelector("[name=" + field + "]");
    (input || form.querySelector("input:not([type=hidden])")).focus();
  }

  function ask(address, options) {
    options = options || {};
    options.credentials = "same-origin";
    return fetch(address, options).then(function (response) {
      return response.text().then(function (html) { return { ok: response.ok && !response.redirected, status: response.status, html: html }; });
    });
  }

  // show puts the form into a row beneath the finding, in place of one that is there.
  function show(finding, html) {
    var old = formOf(finding);
    if (old) old.remove();
    var body = document.createElement("tbody");
    body.className = "editing";
    var cell = body.insertRow().insertCell();
    cell.colSpan = finding.closest("table").tHead.rows[0].cells.length;
    cell.innerHTML = html;
    finding.after(body);
    var form = body.querySelector("form");
    form.addEventListener("submit", function (event) { event.preventDefault(); save(finding, form); });
    form.addEventListener("keydown", function (event) { if (event.key === "Escape") close(finding); });
    var cancel = body.querySelector("[data-cancel]");
    if (cancel) cancel.addEventListener("click", function (event) { event.preventDefault(); close(finding); });
  }

  function close(finding) {
    var form = formOf(finding);
    if (form) form.remove();
    var link = finding.querySelector("a.ed");
    if (link) link.focus();
  }

  function save(finding, form) {
    var button = form.querySelector("button");
    button.disabled = true;
    var failed = function (text) {
      button.disabled = false;
      form.querySelector("[data-said]").textContent = text;
    };
    ask(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)) }).then(function (answer) {
      if (answer.status === 409 || answer.status === 422) {
        show(finding, answer.html);
        var bad = formOf(finding).querySelector("[aria-invalid]");
        if (bad) bad.focus();
        return;
      }
      if (!answer.ok) {
        failed(answer.status === 401 ? "登录已过期：请在另一个窗口登录后再按保存，填的内容还在。" : "没有保存（" + answer.status + "），填的内容还在，请稍后再按保存。");
        return;
      }
      var holder = document.createElement("table");
      holder.innerHTML = answer.html;
      formOf(finding).remove();
      var fresh = holder.querySelector("tbody");
      finding.replaceWith(fresh);
      fresh.classList.add("saved");
      var link = fresh.querySelector("a.ed");
      if (link) link.focus();
    }, function () { failed("网络不通，没有保存；填的内容还在，请稍后再按保存。"); });
  }
})();
