// Keys, the search dialog and the choice of several codes. Everything else is forms and htmx.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // -- several codes (key m) --------------------------------------------------------------------
  const adding = () => one("#decide .adding");
  const isAdding = () => adding() !== null && !adding().hidden;

  function addCode(code, title) {
    const list = one(".chosen");
    if (all("input", list).some((input) => input.value === code)) return;
    const chip = document.createElement("li");
    const input = document.createElement("input");
    const remove = document.createElement("button");
    input.type = "hidden";
    input.name = "codes";
    input.value = code;
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${code} を外す`);
    remove.addEventListener("click", () => chip.remove());
    chip.append(`${code} ${title}`.trim(), input, remove);
    list.append(chip);
    say(`${code} ${title} を加えました`);
  }

  function startAdding() {
    if (!adding() || isAdding()) return;
    adding().hidden = false;
    const start = one(".chosen").dataset.start;
    for (const code of start ? start.split("\n") : []) addCode(code, "");
    adding().scrollIntoView({ block: "nearest" }); // on a low screen it is below the edge
  }

  function stopAdding() {
    if (!isAdding()) return;
    adding().hidden = true;
    one(".chosen").replaceChildren();
  }

  function choose(code, title) {
    if (isAdding()) {
      addCode(code, title);
      return;
    }
    const button = one("#picked");
    if (!button) return;
    button.value = `code:${code}`;
    button.click();
  }

  // -- search (key /) ---------------------------------------------------------------------------
  const options = () => all("#found [data-code]");
  const selected = () => one("#found [aria-selected=true][data-code]");
  const upToDate = () => one("#found [data-typed]")?.dataset.typed === one("#q").value;
  let waiting = false; // Enter was pressed before the list arrived

  function select(option) {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (option) {
      one("#q").setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      one("#q").removeAttribute("aria-activedescendant");
    }
  }

  function open(id) {
    const dialog = document.getElementById(id);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    if (id === "search") {
      one("#q").value = "";
      waiting = false;
      one("#q").focus();
      window.htmx.trigger("#q", "refresh");
    }
  }

  function closeSearch() {
    one("#search").close();
    one("#q").blur(); // else the next key may still go to the closed field
  }

  function take(option) {
    if (!option) return;
    closeSearch();
    choose(option.dataset.code, option.dataset.title);
  }

  function searchKeys(event) {
    if (event.isComposing) return;
    waiting = false; // what is pressed now is what is meant
    if (event.key === "Escape") {
      event.preventDefault();
      closeSearch(); // at once: the browser itself closes it a moment later
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const list = options();
      const at = list.indexOf(selected());
      if (list.length) select(list[(at + step + list.length) % list.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      // What stands in the list must belong to what is typed; else wait for the list that does.
      waiting = !upToDate();
      if (!waiting) take(selected());
    }
  }

  // -- keys -------------------------------------------------------------------------------------
  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (target.id === "q") return searchKeys(event);
    if (event.repeat) return; // a key held down decides one comment, not twenty
    if (target.id === "note") {
      if (event.key === "Escape" || (event.key === "Enter" && !event.shiftKey)) {
        event.preventDefault();
        target.blur();
      }
      return;
    }
    if (target.closest("input, textarea, select, [contenteditable]") || one("dialog[open]")) return;
    if (event.key === "Escape") return stopAdding();
    if (event.key === "Enter") {
      // A click leaves the focus on what was clicked: that is no wish to press it again.
      const control = target.closest("a, button, summary");
      if (!isAdding() || (control && !control.matches(".choices button, [data-key=m], [data-key='/']"))) return;
    }
    // With caps lock on, too, which on Japanese keyboards is beside the switch of the input method.
    const key = event.shiftKey || event.key.length > 1 ? event.key : event.key.toLowerCase();
    if (key === "n" && one("#note")) {
      event.preventDefault();
      one("#note").focus();
      return;
    }
    const element = all("[data-key]", one("#work") || document).find((e) => e.dataset.key === key);
    if (element && !element.closest("[hidden]")) {
      event.preventDefault();
      element.click();
    }
  }

  // Moving on without deciding leaves a note behind: only if that is meant.
  const isUnsaved = (field) => field.value.trim() !== (field.dataset.saved ?? field.defaultValue).trim();
  function keepsNote(target) {
    const note = one("#note");
    return (
      target.closest("#work [data-key=j], #work [data-key=k], #work [data-key=u]") !== null &&
      note !== null &&
      isUnsaved(note) &&
      !window.confirm("書きかけのメモは、判定すると保存されます。メモを捨てて移りますか?")
    );
  }

  function clicks(event) {
    if (keepsNote(event.target)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const asking = event.target.closest("[data-confirm]");
    if (asking && !window.confirm(asking.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    const opener = event.target.closest("[data-opens]");
    if (opener) return open(opener.dataset.opens);
    if (event.target.closest("[data-key=m]")) return startAdding();
    const option = event.target.closest("#found [data-code]");
    if (option) return take(option);
    const choice = event.target.closest("#decide .choices button");
    if (choice && isAdding()) {
      event.preventDefault();
      event.stopPropagation();
      addCode(choice.dataset.code, choice.dataset.title);
    }
  }

  // Leaving the page does too, and what was typed into its other forms: the browser asks.
  let sent = null;
  function submits(event) {
    sent = event.defaultPrevented ? null : event.target; // htmx sends its forms itself
  }

  function leaves(event) {
    if (all("textarea").some((field) => field.form !== sent && isUnsaved(field))) event.preventDefault();
    sent = null;
  }

  // -- what was done, for eyes and for screen readers ---------------------------------------------
  function say(text) {
    one("#status").textContent = text;
  }

  function alertWith(text) {
    const line = document.createElement("p");
    line.className = "alert";
    line.textContent = text;
    one("#alert").replaceChildren(...(text ? [line] : []));
  }

  one(".tree [aria-current]")?.scrollIntoView({ block: "nearest" });
  document.addEventListener("keydown", keys);
  document.addEventListener("click", clicks, true);
  window.addEventListener("submit", submits);
  window.addEventListener("beforeunload", leaves);
  let focusGoes = false; // what has the focus is about to be swapped away
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status >= 400 && xhr.getResponseHeader("HX-Retarget") === null) {
      // Of a proxy that cannot reach the server: the comment and the note stay on the page.
      event.detail.shouldSwap = false;
      lost(event);
      return;
    }
    focusGoes = document.activeElement.closest("#work") !== null;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "found") {
      select(options()[0]);
      if (waiting && upToDate()) take(selected());
      waiting = waiting && !upToDate();
    }
    if (event.detail.target.id === "work") {
      const line = one("#work .tally");
      say(line.dataset.said);
      alertWith(line.dataset.alert);
      // Else who goes by Tab would begin at the top of the page again.
      if (focusGoes) one("#comment-text, #undo button")?.focus();
      window.scrollTo(0, 0);
    }
  });
  const unreached = "サーバーにつながりません。";
  function lost(event) {
    if (event.detail.elt.id === "q") {
      // The line for messages is out of reach behind the dialog.
      const line = document.createElement("p");
      line.className = "alert";
      line.setAttribute("role", "alert");
      line.textContent = `${unreached}サーバーを確かめて、もう一度打ってください。`;
      one("#found").replaceChildren(line);
      waiting = false;
      return;
    }
    // The server may have stored it, and only the answer was lost; the same key again stores nothing twice.
    alertWith(`${unreached}最後の操作が保存されたかは分かりません。サーバーを確かめて、もう一度押してください(二重には保存されません)。`);
  }
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
})();
