// The grid of calling hours: a button copies one day's times to others, as if they had been typed.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy-day]");
  if (!button) return;
  const form = button.closest("form");
  const times = (day) => form.querySelectorAll(`tr[data-day="${day}"] input.clock`);
  const from = [...times(button.dataset.copyDay)].map((input) => input.value);
  button.dataset.copyTo.split(" ").forEach((day) => times(day).forEach((input, n) => { input.value = from[n]; }));
  form.dispatchEvent(new Event("input", { bubbles: true }));
});
