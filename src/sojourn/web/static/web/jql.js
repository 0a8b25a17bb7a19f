// Completion of JQL: the field becomes a combobox (ARIA: list autocomplete, nothing chosen by itself), fed by REST.
"use strict";

const PAUSE_MS = 120;
const NAMES = { field: "Field", operator: "Operator", value: "Value", function: "Function", keyword: "Keyword", symbol: "Symbol" };

class Completion {
  constructor(input) {
    this.input = input;
    this.found = null;
    this.at = -1;
    this.list = Object.assign(document.createElement("ul"), { id: `${input.id}-list`, className: "suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    input.after(this.list);
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
    })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.ask(PAUSE_MS));
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    input.addEventListener("click", () => this.close());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  // Ask for suggestions after a pause; only the last question is answered.
  ask(pause_ms, first = -1) {
    clearTimeout(this.timer);
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.timer = setTimeout(() => this.answer(asking.signal, first).catch((error) => {
      if (error.name !== "AbortError") console.error(error);
    }), pause_ms);
  }

  async answer(signal, first) {
    const { value, selectionStart } = this.input;
    const query = new URLSearchParams({ jql: value, cursor: [...value.slice(0, selectionStart)].length });
    const answer = await fetch(`${this.input.dataset.suggest}?${query}`, { signal });
    if (!answer.ok) return this.close();
    this.found = await answer.json();
    if (document.activeElement === this.input && !signal.aborted) this.show(first);
  }

  show(first) {
    const options = this.found.suggestions.map((one, place) => {
      const option = Object.assign(document.createElement("li"), { id: `${this.list.id}-${place}` });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const label = Object.assign(document.createElement("span"), { className: "label", textContent: one.label });
      const about = [NAMES[one.kind], one.detail].filter(Boolean).join(" · ");
      option.append(label, " ", Object.assign(document.createElement("small"), { textContent: about }));
      return option;
    });
    this.list.replaceChildren(...options);
    this.list.hidden = options.length === 0;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    this.go(this.isOpen ? first : -1);
  }

  close() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.go(-1);
  }

  go(place) {
    this.list.children[this.at]?.setAttribute("aria-selected", "false");
    this.at = place;
    const option = this.list.children[place];
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", option.id);
  }

  key(event) {
    const { key } = event;
    const count = this.list.children.length;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) return this.ask(0, 0);
      const step = key === "ArrowDown" ? 1 : -1;
      this.go(this.at < 0 && step < 0 ? count - 1 : (this.at + step + count) % count);
    } else if (key === "Enter" && this.isOpen && this.at >= 0) {
      event.preventDefault();
      this.take(this.at);
    } else if (key === "Escape" && this.isOpen) {
      event.preventDefault();
      this.close();
    } else if (key === "Enter" || key === "Tab" || key === "ArrowLeft" || key === "ArrowRight") this.close();
  }

  // Put a suggestion in the place of the word, and go on. Offsets of the answer count characters, those of the field UTF-16.
  take(place) {
    const { start, end, suggestions } = this.found;
    const { text } = suggestions[place];
    const characters = [...this.input.value];
    const [from, to] = [start, end].map((offset) => characters.slice(0, offset).join("").length);
    const isWhole = /[([]$/.test(text) || /^[\s)\],]/.test(this.input.value.slice(to));
    this.input.setRangeText(isWhole ? text : `${text} `, from, to, "end");
    this.ask(0);
  }
}

const completed = new WeakMap();
document.addEventListener("focusin", (event) => {
  const input = event.target;
  if (input.matches("[data-suggest]") && !completed.has(input)) completed.set(input, new Completion(input));
});
