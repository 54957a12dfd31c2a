// Small comforts on pages that work without them: copy, reveal, steppers, focus on errors, lost connections.
(() => {
  const byId = (id) => document.getElementById(id);
  const on = (name, listener) => document.addEventListener(name, listener);
  const show = (id, visible) => { if (byId(id).hidden === visible) byId(id).hidden = !visible; };
  let failed = null; // the element whose request was lost, to try it again

  function prepare() {
    document.querySelectorAll("[data-copy][hidden], [data-reveal][hidden]").forEach((button) => { button.hidden = false; });
    document.querySelector("[data-focus]:not(:focus-within)")?.focus();
  }

  function say(text) {
    byId("announce").textContent = text;
    setTimeout(() => { byId("announce").textContent = ""; }, 3000);
  }

  const press = {
    copy: (button) => navigator.clipboard.writeText(button.dataset.copy).then(() => {
      say(byId("announce").dataset.copied);
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 3000);
    }),
    reveal(button) {
      const field = byId(button.dataset.reveal);
      field.type = field.type === "password" ? "text" : "password";
      button.setAttribute("aria-pressed", field.type === "text");
    },
    // The number changes at once and the form posts all of itself: a quick second press never gets lost.
    step(button, event) {
      const field = button.parentElement.querySelector("input");
      const wanted = Number(field.value) + Number(button.dataset.step);
      event.preventDefault();
      if (field.disabled || wanted < Number(field.min) || wanted > Number(field.max)) return;
      field.value = wanted;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    },
    retry() {
      show("offline", false);
      if (failed?.requestSubmit) failed.requestSubmit();
      else if (failed?.matches("a, button")) failed.click();
      else location.reload();
    },
    reload: () => location.reload(),
  };

  const closeMenus = (except) => document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (menu.contains(except)) return;
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.firstElementChild.focus();
  });

  on("click", (event) => {
    closeMenus(event.target);
    for (const name in press) {
      const button = event.target.closest(`[data-${name}]`);
      if (button) press[name](button, event);
    }
  });
  on("keydown", (event) => { if (event.key === "Escape") closeMenus(null); });

  // Requests of one form wait for each other ("queue last"); an answer that a newer request will outdate is not shown.
  on("htmx:config:request", ({ detail: { ctx } }) => { ctx.turn = ctx.sourceElement.turn = (ctx.sourceElement.turn || 0) + 1; });
  on("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    show("offline", false);
    if (ctx.response.raw.redirected) { event.preventDefault(); location.assign(ctx.response.raw.url); } // a page, not a part
    else if (ctx.turn < ctx.sourceElement.turn && /queue last$/.test(ctx.sourceElement.getAttribute("hx-sync"))) event.preventDefault();
  });
  on("htmx:error", (event) => { failed = event.detail.ctx?.sourceElement; show("offline", true); });
  on("htmx:response:error", (event) => { show("refused", event.detail.ctx.response.status !== 422); });
  on("htmx:after:swap", prepare);
  prepare();
})();
