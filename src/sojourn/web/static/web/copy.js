"use strict";
// Buttons that copy a text of the page; where the browser does not let them, the text is selected to be copied by hand.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  const tell = (words) => { document.getElementById("live").textContent = words; };
  try {
    await navigator.clipboard.writeText(text.textContent);
    tell(`${button.dataset.name} is copied.`);
    button.dataset.done = "true";
    setTimeout(() => delete button.dataset.done, 2000);
  } catch {
    window.getSelection().selectAllChildren(text);
    tell(`${button.dataset.name} is selected; copy it with the keyboard.`);
  }
});
