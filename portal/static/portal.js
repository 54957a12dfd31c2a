// Small comforts on pages that work without them: copy, reveal, steppers, focus on errors, lost connections.
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector) => document.querySelectorAll(selector);
  const on = (name, listener) => document.addEventListener(name, listener);
  const show = (id, visible) => { if (byId(id).hidden === visible) byId(id).hidden = !visible; };
  let lost; // the element whose request got no answer

  const focusErrors = () => document.querySelector("[data-focus]")?.focus();

  const press = {
    async copy(button) {
      const said = byId("announce");
      await navigator.clipboard.writeText(button.dataset.copy);
      said.textContent = said.dataset.copied;
      button.classList.add("copied");
      setTimeout(() => { said.textContent = ""; button.classList.remove("copied"); }, 3000);
    },
    reveal(button) {
      const field = byId(button.dataset.reveal);
      field.type = field.type === "password" ? "text" : "password";
      button.setAttribute("aria-pressed", field.type === "text");
    },
    // The number changes at once and the form posts all of itself: a quick second press is not lost.
    step(button, event) {
      const field = button.parentElement.querySelector("input");
      const wanted = Number(field.value) + Number(button.dataset.step);
      event.preventDefault();
      if (field.disabled || wanted < field.min || wanted > field.max) return;
      field.value = wanted;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    },
    retry() {
      show("offline", false);
      if (lost?.requestSubmit) lost.requestSubmit();
      else location.reload();
    },
    reload: () => location.reload(),
  };

  const closeMenus = (except) => all(".menu[open]").forEach((menu) => {
    if (menu.contains(except)) return;
    if (menu.contains(document.activeElement)) menu.firstElementChild.focus();
    menu.open = false;
  });

  on("click", (event) => {
    closeMenus(event.target);
    for (const name in press) {
      const button = event.target.closest(`[data-${name}]`);
      if (button) press[name](button, event);
    }
  });
  on("keydown", (event) => { if (event.key === "Escape") closeMenus(); });

  // Requests of one form wait for each other; an answer that a waiting newer one will outdate is not shown.
  // Its number goes along where the form has a field for it, so that the server can tell an older one from a newer.
  const turns = new WeakMap(); // not on the form itself, where a field of that name would stand before it
  on("htmx:config:request", ({ detail: { ctx } }) => {
    ctx.turn = (turns.get(ctx.sourceElement) || 0) + 1;
    turns.set(ctx.sourceElement, ctx.turn);
    if (ctx.request.body?.has("turn")) ctx.request.body.set("turn", ctx.turn);
  });
  on("htmx:after:request", (event) => {
    const { turn, sourceElement, response } = event.detail.ctx;
    const outdated = turn < turns.get(sourceElement) && /queue (all|last)$/.test(sourceElement.getAttribute("hx-sync"));
    show("offline", false);
    if (response.raw.redirected) location.assign(response.raw.url); // a page, not a part
    if (outdated || response.raw.redirected) event.preventDefault();
  });
  on("htmx:error", ({ detail }) => { lost = detail.ctx?.sourceElement; show("offline", true); });
  on("htmx:response:error", ({ detail }) => show("refused", ![409, 422].includes(detail.ctx.response.status)));
  on("htmx:after:swap", ({ detail }) => {
    if (detail.ctx.sourceEvent?.type === "submit") focusErrors();
  });
  focusErrors();
})();
