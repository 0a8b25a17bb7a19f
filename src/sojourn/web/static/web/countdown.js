"use strict";
// How long the code on the page still holds.
(() => {
  const shown = document.getElementById("countdown");
  if (!shown) return;
  const ends = Date.now() + Number(shown.dataset.seconds) * 1000;
  const tell = () => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    shown.textContent = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} minutes` : "no time: it is over";
    if (left) setTimeout(tell, 1000);
  };
  tell();
})();
