// What is written in the search field is looked for at once, and the newest answer alone is shown.
"use strict";

let asked = 0;

field.addEventListener("input", async () => {
  const mine = ++asked;
  const text = field.value.trim();
  if (!text) { show([]); return; }
  const answer = await fetch(`/find.json?q=${encodeURIComponent(text)}`);
  if (answer.ok && mine === asked) show((await answer.json()).map((one) => [one.address, one.title_zh, one.name]));
});
