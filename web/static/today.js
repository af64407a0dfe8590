"use strict";
// The report of a phone: what was written stays on the page until the server has said that it is there. Without a script the form
// is sent as any other.
(function () {
  var form = document.querySelector("form.report");
  if (!form || !window.fetch || !window.FormData) return;
  var button = form.querySelector(".foot button"), trouble = document.getElementById("trouble");
  var sending = false, waiting = false;

  var photo = document.getElementById("photo"), named = document.getElementById("photo-name"), none = named.textContent;
  photo.addEventListener("change", function () { named.textContent = photo.files[0] ? photo.files[0].name : none; });
  form.querySelectorAll(".pick input").forEach(function (input) {
    input.addEventListener("change", mark);
    mark();
  });
  function mark() {
    form.querySelectorAll(".pick label").forEach(function (l) { l.classList.toggle("on", l.querySelector("input").checked); });
  }

  form.addEventListener("submit", function (event) {
    if (event.defaultPrevented) return; // a file is still on its way
    event.preventDefault();
    send();
  });
  window.addEventListener("online", function () { if (waiting) send(); });
  window.addEventListener("offline", function () { if (!sending) say("现在没有信号", "可以先写。写好按提交，有信号就发出去。", "soon"); });

  function send() {
    if (sending) return;
    if (navigator.onLine === false) { lost(); return; }
    sending = true;
    waiting = false;
    button.disabled = true;
    button.textContent = "正在发…";
    fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin", redirect: "manual" }).then(function (answer) {
      if (answer.type === "opaqueredirect") { window.location.assign(form.dataset.receipt); return undefined; }
      if (answer.status === 401) { stop("登录已过期", "写的还在这里。请在另一个窗口登录，再回来按提交。"); return undefined; }
      if (answer.status >= 500) { lost(); return undefined; }
      return answer.text().then(refused);
    }).catch(lost);
  }

  // refused puts what the server says in its places; what was typed is not touched.
  function refused(text) {
    var page = new DOMParser().parseFromString(text, "text/html");
    var version = page.querySelector("form.report [name=version]");
    if (!version) {
      var what = page.querySelector(".empty p");
      stop("没有发出去", what ? what.textContent : "写的还在这里，请再按一次提交。");
      return;
    }
    form.elements.namedItem("version").value = version.value;
    ["trouble", "why"].forEach(function (id) {
      var old = document.getElementById(id), kept = old.querySelector("textarea"), now = page.getElementById(id);
      if (kept && now.querySelector("textarea")) return;
      old.innerHTML = "";
      while (now.firstChild) old.appendChild(document.adoptNode(now.firstChild));
    });
    ready();
    trouble.scrollIntoView();
  }

  function lost() {
    waiting = true;
    stop("没有发出去", "没有信号。您写的还在这里，别关这一页，有信号会自动再发；也可以过一会儿再按提交。");
  }

  function stop(word, text) {
    say(word, text, "late");
    ready();
    trouble.scrollIntoView();
  }

  function ready() {
    sending = false;
    button.disabled = false;
    button.textContent = "提交";
  }

  function say(word, text, kind) {
    trouble.innerHTML = '<p class="kept"><span class="st st-' + kind + '"><svg class="lt" aria-hidden="true"><use href="#l-' + kind + '"/></svg><b></b></span><br><span></span></p>';
    trouble.querySelector("b").textContent = word;
    trouble.querySelector("p > span:last-child").textContent = text;
  }
})();
