"use strict";
// Files are sent in pieces, so that a lost connection costs one piece and nothing else. Where a file field says
// data-upload="send" the file goes with what is typed beside it when the form is sent; data-upload="now" sends it as soon as it is
// chosen, and the form waits for it. Without a script the form carries the file by itself.
(function () {
  var PIECE = 256 * 1024, FIELDS = ["title", "said", "event", "expires", "early", "measure"];

  document.querySelectorAll("input[type=file][data-upload]").forEach(enhance);

  function enhance(input) {
    var form = input.form, now = input.dataset.upload === "now";
    var busy = false, waiting = false, wake = null, queue = [];
    var say = document.createElement("p");
    say.className = "up-say";
    say.setAttribute("role", "status");
    var list = document.createElement("ul");
    list.className = "up-list";
    input.after(say, list);
    var where = "finding=" + input.dataset.finding + "&occurrence=" + (input.dataset.occurrence || "0");

    unfinished();
    window.addEventListener("online", function () { if (wake) wake(); });
    window.addEventListener("beforeunload", function (event) { if (busy) { event.preventDefault(); event.returnValue = ""; } });
    input.addEventListener("change", function () {
      tell("");
      if (!now || !input.files[0]) return;
      queue = Array.prototype.slice.call(input.files, 1);
      start(input.files[0]);
    });
    form.addEventListener("submit", function (event) {
      if (busy) {
        event.preventDefault();
        waiting = true;
        tell("文件还在传，传完就提交。");
        return;
      }
      if (now || !input.files[0] || hidden()) return;
      event.preventDefault();
      start(input.files[0]);
    });

    // hidden tells whether another kind than a file is chosen.
    function hidden() { return input.offsetParent === null; }

    function tell(text, bad) {
      say.textContent = text;
      say.className = bad ? "up-say red" : "up-say";
    }

    function mb(n) { return n < 1048576 ? Math.ceil(n / 1024) + " KB" : (n / 1048576).toFixed(1) + " MB"; }
    function percent(offset, size) { return Math.floor(100 * offset / size) + "%"; }

    function button(on) {
      form.querySelectorAll("button").forEach(function (b) { b.disabled = !on; });
    }

    // start announces the file with what is typed beside it, and sends it.
    function start(file) {
      var data = new URLSearchParams(where);
      data.set("kind", "file");
      data.set("name", file.name);
      data.set("size", String(file.size));
      FIELDS.forEach(function (name) {
        var field = form.elements.namedItem(name);
        if (field && field.value && !(now && name === "said")) data.set(name, field.value);
      });
      [["day", "event"], ["why", "early"]].forEach(function (pair) { // fields that the form calls otherwise
        var field = input.dataset[pair[0]] && form.elements.namedItem(input.dataset[pair[0]]);
        if (field && field.value) data.set(pair[1], field.value);
      });
      busy = input.disabled = true;
      if (!now) button(false);
      tell("正在准备…");
      fingerprint(file).then(function (mark) {
        data.set("mark", mark);
        return persist(function () { return ask("/upload", { method: "POST", body: data }); }, 0);
      }).then(function (answer) {
        if (answer.status === 201) {
          return answer.json().then(function (upload) { forget(upload.id); return send(file, upload.id, upload.offset); });
        }
        return refuse(answer);
      }).catch(fail);
    }

    // send sends the piece that begins at offset, and then the next.
    function send(file, id, offset) {
      tell("正在传 " + percent(offset, file.size) + "（" + mb(offset) + "，共 " + mb(file.size) + "）");
      return ask("/upload/" + id, {
        method: "PATCH",
        headers: { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
        body: file.slice(offset, offset + PIECE)
      }).then(function (answer) {
        var at = answer.headers.get("Upload-Offset");
        if (answer.headers.get("Upload-Item")) return finish(answer.headers.get("Upload-Item"), id);
        if (answer.status === 204 || answer.status === 409 && at !== null) return send(file, id, Number(at));
        if (answer.status === 404) return start(file); // it has been swept away
        if (answer.status === 401 || answer.status >= 500) return again(file, id, offset, answer.status);
        return refuse(answer);
      }, function () { return again(file, id, offset, 0); });
    }

    // again waits for the connection, asks how much has arrived and goes on from there.
    function again(file, id, offset, status) {
      tell(lost(status, "已传 " + percent(offset, file.size) + "，"));
      return persist(function () { return ask("/upload/" + id, { method: "HEAD" }); }, 1, offset, file).then(function (answer) {
          if (answer.status === 404) return start(file);
        if (answer.headers.get("Upload-Item")) return finish(answer.headers.get("Upload-Item"), id);
        return send(file, id, Number(answer.headers.get("Upload-Offset")));
      });
    }

    function lost(status, so) {
      if (status === 401) return "登录已过期，" + so + "请在另一个窗口登录，登录后自动接着传。填的内容都还在。";
      if (status >= 500) return "服务器暂时没有接上，" + so + "过一会儿自动接着传。填的内容都还在。";
      return "网络断了，" + so + "连上后自动接着传。填的内容都还在。";
    }

    // persist asks until there is an answer of somebody who may give it.
    function persist(question, tries, offset, file) {
      var pause = tries ? new Promise(function (done) {
        var timer = setTimeout(done, Math.min(1000 * Math.pow(2, tries - 1), 30000));
        wake = function () { clearTimeout(timer); done(); };
      }) : Promise.resolve();
      return pause.then(function () {
        wake = null;
        return question();
      }).then(function (answer) {
        var out = answer.status === 401 || answer.redirected;
        if (!out && answer.status < 500) return answer;
        return later(out ? 401 : answer.status);
      }, function () { return later(0); });

      function later(status) {
        tell(lost(status, file ? "已传 " + percent(offset, file.size) + "，" : ""));
        return persist(question, tries + 1, offset, file);
      }
    }

    function finish(item, id) {
      busy = input.disabled = false;
      tell("传完了，已收下。");
      forget(id);
      if (now) {
        input.value = "";
        input.dispatchEvent(new CustomEvent("uploaded", { bubbles: true, detail: { item: item } }));
        if (queue.length) { start(queue.shift()); return; }
        if (waiting) { waiting = false; form.requestSubmit ? form.requestSubmit() : form.submit(); }
        return;
      }
      window.location.href = "/evidence/" + item;
    }

    function refuse(answer) {
      return answer.json().then(function (said) { stop(said.what); }, function () { stop("没有传成（" + answer.status + "），请稍后再试。填的内容都还在。"); });
    }

    function fail() { stop("没有传成，请再试一次。填的内容都还在。"); }

    function stop(text) {
      busy = waiting = input.disabled = false;
      queue = [];
      button(true);
      tell(text, true);
      var more = form.querySelector("details");
      if (more && /立行立改|有效期|提前的原因|整改措施/.test(text)) more.open = true; // that is where it is written
    }

    // unfinished lists what was begun here before and is not whole.
    function unfinished() {
      ask("/upload?" + where, { method: "GET" }).then(function (answer) {
        if (answer.ok && !answer.redirected) return answer.json().then(show);
        return undefined;
      }).catch(function () {}); // a list is a help, its absence no trouble
    }

    function show(uploads) {
      uploads.forEach(function (u) {
        var li = document.createElement("li"), drop = document.createElement("button");
        li.dataset.upload = u.id;
        li.textContent = "“" + u.name + "”还没传完，已传 " + u.percent + "%，请重新选同一个文件接着传。";
        drop.type = "button";
        drop.className = "btn btn-s";
        drop.textContent = "不传了";
        drop.addEventListener("click", function () {
          ask("/upload/" + u.id + "/drop", { method: "POST" }).then(function (answer) { if (answer.ok) li.remove(); }, function () {});
        });
        li.append(" ", drop);
        list.append(li);
      });
      if (!now && uploads.length === 1) FIELDS.forEach(function (name) { // what was typed comes back
        var field = form.elements.namedItem(name);
        if (field && uploads[0][name] && (!field.value || name === "event")) field.value = uploads[0][name];
      });
      if (!now && uploads.length) {
        var kind = document.getElementById("k-file");
        if (kind) kind.checked = true;
      }
    }

    // forget takes away the line of an upload that goes on now, or is whole.
    function forget(id) {
      list.querySelectorAll("li").forEach(function (li) { if (li.dataset.upload === id) li.remove(); });
    }
  }

  // fingerprint tells files apart that phones give the same name: FNV-1a over the beginning. crypto.subtle needs https, which a LAN
  // may not have.
  function fingerprint(file) {
    return file.slice(0, 65536).arrayBuffer().then(function (buffer) {
      var h = 0x811c9dc5;
      new Uint8Array(buffer).forEach(function (b) { h = Math.imul(h ^ b, 0x01000193) >>> 0; });
      return h.toString(16);
    });
  }

  function ask(address, options) {
    options.credentials = "same-origin";
    return fetch(address, options);
  }
})();
