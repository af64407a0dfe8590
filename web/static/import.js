"use strict";
// The import pages with a script: rows and marks find each other without a jump, the form of a row opens in place, keys work.
// Without it every one of these is a link or a plain form.
(function () {
  var most = document.querySelector("form[data-most]");
  if (most) upload(most);
  if (document.getElementById("tree")) check();

  // A file over the limit is refused before it is sent.
  function upload(form) {
    var file = form.elements.file, bad = document.getElementById("file-bad");
    file.addEventListener("change", function () {
      var f = file.files[0], over = f && f.size > Number(form.dataset.most), empty = f && f.size === 0;
      bad.textContent = over ? "“" + f.name + "”有 " + Math.ceil(f.size / 1048576) + " MB，最大 32 MB。请删去图片后另存再传。" :
        empty ? "“" + f.name + "”是空文件，请换一份。" : "";
      file.setCustomValidity(bad.textContent);
    });
    form.addEventListener("submit", function () { document.getElementById("busy").textContent = "正在上传、读取，请稍候……"; });
  }

  function check() {
    var page = location.pathname;

    function rows() {
      return Array.prototype.filter.call(document.querySelectorAll("#tree li[id]"), function (li) { return li.offsetParent !== null; });
    }
    function current() { return document.querySelector("#tree li.at"); }
    function spotOf(li) { return li.id.slice(2); }

    // show makes a row the current one and brings it and its mark into sight.
    function show(li, options) {
      document.querySelectorAll(".at").forEach(function (e) { e.classList.remove("at"); e.removeAttribute("aria-current"); });
      if (!li) return;
      li.classList.add("at");
      li.setAttribute("aria-current", "true");
      li.tabIndex = -1;
      if (!options || !options.still) li.focus({ preventScroll: true });
      inSight(li.firstElementChild);
      var mark = document.getElementById("x-" + (options && options.mark || spotOf(li)));
      if (!mark) return;
      mark.classList.add("at");
      var paper = document.getElementById("paper"), box = paper.getBoundingClientRect(), at = mark.getBoundingClientRect();
      if (at.top < box.top + 30 || at.bottom > box.bottom - 30) paper.scrollTop += at.top - box.top - box.height / 3;
    }
    // inSight scrolls the page no more than it must.
    function inSight(e) {
      var at = e.getBoundingClientRect(), left = document.querySelector(".left").getBoundingClientRect();
      var top = getComputedStyle(document.querySelector(".halves")).display === "block" ? Math.max(left.bottom, 0) : 0;
      if (at.top < top + 8) window.scrollBy(0, at.top - top - 60);
      else if (at.bottom > innerHeight - 8) window.scrollBy(0, at.bottom - innerHeight + 90);
    }

    // take puts an answer of the server in place of the page and keeps the source where it stands.
    function take(next, url) {
      var paper = document.getElementById("paper"), top = paper.scrollTop, only = document.getElementById("only").checked, y = scrollY;
      document.querySelector("main").replaceWith(document.adoptNode(next.querySelector("main")));
      document.title = next.title;
      paper = document.getElementById("paper");
      paper.style.scrollBehavior = "auto";
      paper.scrollTop = top;
      paper.style.scrollBehavior = "";
      document.getElementById("only").checked = only;
      history.replaceState(null, "", url);
      scrollTo(0, y);
      land();
    }
    function send(form, name, value) {
      if (form.dataset.sent) return;
      form.dataset.sent = "1";
      var data = new URLSearchParams(new FormData(form));
      if (name) data.set(name, value);
      fetch(form.action, { method: "POST", body: data, credentials: "same-origin" }).then(function (answer) {
        return answer.text().then(function (html) {
          var next = new DOMParser().parseFromString(html, "text/html");
          if (next.getElementById("tree")) { take(next, answer.redirected ? answer.url : page); return; }
          delete form.dataset.sent;
          var words = next.querySelector("main .lines");
          problem(form, answer.status === 401 ? "没有保存：登录已过期。内容还在，请另开一个窗口登录，再回来按“保存”。" :
            words ? words.textContent : "没有保存，请再按一次“保存”。");
        });
      }).catch(function () {
        delete form.dataset.sent;
        problem(form, "没有保存：连不上服务器。内容还在，请检查网络后再按一次“保存”。");
      });
    }
    function problem(form, words) {
      var p = form.querySelector("[data-problem]");
      if (!p) {
        p = document.createElement("p");
        p.className = "bad"; p.dataset.problem = ""; p.setAttribute("role", "alert");
        form.insertBefore(p, form.querySelector(".row"));
      }
      p.textContent = words;
    }

    // open fetches the form of a row and puts it below.
    function open(li, field, then) {
      var have = document.getElementById("panel");
      if (have && have.parentNode === li) { begin(have, field); if (then) then(have); return; }
      if (!li.querySelector(":scope > .ln .ed")) return;
      fetch(page + "?panel=" + spotOf(li) + (field ? "&field=" + field : ""), { credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok || answer.redirected) throw new Error("no panel");
        return answer.text();
      }).then(function (html) {
        close();
        var form = new DOMParser().parseFromString(html, "text/html").getElementById("panel");
        li.appendChild(document.adoptNode(form));
        show(li, { still: true });
        begin(form, field);
        if (then) then(form);
      }).catch(function () { location.assign(page + "?at=" + spotOf(li) + "#" + li.id); });
    }
    function begin(form, field) {
      var e = field && form.elements[field] || form.querySelector(".row textarea") || form.querySelector(".row input:not([type=hidden])");
      if (!e) return;
      e.focus({ preventScroll: true });
      if (e.setSelectionRange && e.tagName === "TEXTAREA") e.setSelectionRange(0, 0);
      inSight(e);
    }
    function close() {
      var have = document.getElementById("panel");
      if (have) have.remove();
    }

    // split breaks the text at the caret and saves.
    function split(area) {
      var at = area.selectionStart;
      if (at <= 0 || at >= area.value.length) { problem(area.form, "先把光标放到要拆开的地方（字中间），再按 Alt+S。"); return; }
      area.value = area.value.slice(0, at) + "\n" + area.value.slice(at);
      send(area.form, "do", "save");
    }

    document.addEventListener("click", function (event) {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
      var a = event.target.closest("a"), li;
      if (event.target.closest("[data-close]")) {
        event.preventDefault();
        li = document.getElementById("panel").parentNode;
        close(); show(li);
        return;
      }
      if (a && a.closest("#paper")) {
        li = document.getElementById(a.hash.slice(1));
        if (li) { event.preventDefault(); show(li, { mark: a.id.slice(2) }); }
      } else if (a && (a.classList.contains("ed") || a.classList.contains("do")) && a.hash) {
        li = document.getElementById(a.hash.slice(1));
        if (li) { event.preventDefault(); show(li, { still: true }); open(li, new URLSearchParams(a.search).get("field")); }
      } else if (a && a.closest("#notes") && a.getAttribute("href").charAt(0) === "#") {
        var mark = document.getElementById(a.hash.slice(1)), link = mark && mark.closest("a");
        li = link && document.getElementById(link.hash.slice(1));
        if (li) { event.preventDefault(); show(li, { mark: mark.id.slice(2) }); }
      } else if (event.target.closest("#tree .ln")) {
        li = event.target.closest("#tree li[id]") || event.target.closest("li").previousElementSibling;
        event.preventDefault();
        while (li && !li.id) li = li.previousElementSibling;
        show(li);
      }
    });

    document.addEventListener("submit", function (event) {
      var form = event.target;
      if (form.id !== "panel") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      var button = event.submitter || document.activeElement, act = button && button.name === "do" ? button.value : "save";
      if (act === "remove" && !confirm(button.textContent + "？")) return;
      send(form, "do", act);
    }, true);

    document.addEventListener("keydown", function (event) {
      var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox", form = document.getElementById("panel");
      if (event.isComposing) return;
      if (form && form.contains(event.target)) {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(form, "do", "save"); return; }
        if (event.key === "Escape") { event.preventDefault(); var li = form.parentNode; close(); show(li); return; }
        if (event.altKey && event.code === "KeyS" && event.target.name === "text") { event.preventDefault(); split(event.target); return; }
      }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (keys(event)) event.preventDefault();
    });

    // keys does what a key pressed outside of fields means, and says whether it means anything.
    function keys(event) {
      var li = current(), list = rows(), i = list.indexOf(li), key = event.key;
      if (key === "?" || key === "？") { var k = document.getElementById("keys"); k.open = !k.open; return true; }
      if (/^Arrow/.test(key) && event.target.id === "paper") return false; // the source scrolls
      if (key === "ArrowDown" || key === "j") { show(list[Math.min(i + 1, list.length - 1)]); return true; }
      if (key === "ArrowUp" || key === "k") { show(list[Math.max(i - 1, 0)]); return true; }
      if (key === "Escape") { close(); return true; }
      if (!li || event.target.closest && event.target.closest("a,button,summary")) return false;
      if (key === "Enter") { open(li); return true; }
      var part = /^t-[am]/.test(li.id);
      if ((key === "s" || key === "S") && part) {
        open(li, "text", function (form) {
          var area = form.elements.text, stop = area.value.search(/[；;。]/);
          area.setSelectionRange(stop + 1, stop + 1);
          problem(form, "把光标放到要拆开的地方，按 Alt+S 拆开；或按回车断开，再保存。");
        });
        return true;
      }
      if (key === "J" && part) {
        open(li, "text", function (form) {
          if (form.querySelector("[value=join]")) send(form, "do", "join");
          else problem(form, "后面没有可以合并的下一条。");
        });
        return true;
      }
      if (/^[1-9]$/.test(key) && part) {
        open(li, "text", function (form) {
          var boxes = form.querySelectorAll("[name=link]"), box = boxes[Number(key) - 1];
          if (!box) { problem(form, "没有第 " + key + " 个。"); return; }
          box.checked = !box.checked;
          send(form, "do", "save");
        });
        return true;
      }
      return false;
    }

    // land brings into sight what the address asks for.
    function land() {
      var on = new URLSearchParams(location.search).get("on"), panel = document.getElementById("panel");
      var li = panel ? panel.parentNode : document.getElementById(location.hash.slice(1) || "t-" + on); // an answer's address has lost its fragment
      if (li && li.closest("#tree")) {
        show(li, { still: Boolean(panel) });
        if (panel) begin(panel, panel.dataset.focus);
      }
    }
    land();
  }
})();
