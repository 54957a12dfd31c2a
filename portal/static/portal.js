// Small comforts on top of pages that work without them: copy, reveal, steppers, focus on errors, lost connections.
(() => {
  const byId = (id) => document.getElementById(id);
  const show = (id, on) => { const box = byId(id); if (box) box.hidden = !on; };
  let last = null; // the element whose request failed, to try again

  function prepare(root) {
    root.querySelectorAll("[data-copy],[data-reveal]").forEach((button) => { button.hidden = false; });
    const errors = root.querySelector("[data-focus]");
    if (errors) errors.focus();
  }

  const actions = {
    copy(button) {
      navigator.clipboard.writeText(button.dataset.copy).then(() => { byId("announce").textContent = byId("announce").dataset.copied; button.classList.add("done"); setTimeout(() => { button.classList.remove("done"); byId("announce").textContent = ""; }, 2000); });
    },
    reveal(button) {
      const field = byId(button.dataset.reveal);
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      button.setAttribute("aria-pressed", String(hidden));
    },
    step(button, event) {
      const field = button.parentElement.querySelector("input[type=number]");
      event.preventDefault();
      const value = Math.min(Number(field.max), Math.max(Number(field.min), Number(field.value) + Number(button.dataset.step)));
      if (value === Number(field.value)) return;
      field.value = value;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    },
    retry() { show("offline", false); if (last) last.requestSubmit ? last.requestSubmit() : last.click(); },
    reload() { location.reload(); },
  };

  document.addEventListener("click", (event) => {
    for (const name of Object.keys(actions)) {
      const button = event.target.closest(`[data-${name}]`);
      if (button) return actions[name](button, event);
    }
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; menu.firstElementChild.focus(); });
  });
  document.addEventListener("htmx:error", (event) => { last = event.detail.ctx?.sourceElement; show("offline", true); });
  document.addEventListener("htmx:before:request", () => { show("offline", false); show("refused", false); });
  document.addEventListener("htmx:response:error", (event) => { if (event.detail.ctx.response.status !== 422) show("refused", true); });
  document.addEventListener("htmx:after:swap", (event) => prepare(event.detail.ctx?.target || document));
  prepare(document);
})();
