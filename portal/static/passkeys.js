// Passkeys: the browser makes or uses a key for what the server asks; without JavaScript these buttons are not there.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (key) => ({ ...key, id: bytes(key.id) });

  const asked = async (form, address) => {
    const token = form.querySelector("[name=csrf_token]").value;
    const answer = await fetch(address, { method: "POST", headers: { "X-CSRFToken": token, "HX-Request": "true" }, credentials: "same-origin" });
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) location.assign(elsewhere);
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  const create = async (options) => {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: named(options.user),
      excludeCredentials: (options.excludeCredentials || []).map(named),
    };
    const made = await navigator.credentials.create({ publicKey });
    return { ...head(made), response: { clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) } };
  };

  const get = async (options) => {
    const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: (options.allowCredentials || []).map(named) };
    const proof = await navigator.credentials.get({ publicKey });
    const { clientDataJSON, authenticatorData, signature, userHandle } = proof.response;
    return {
      ...head(proof),
      response: {
        clientDataJSON: text(clientDataJSON),
        authenticatorData: text(authenticatorData),
        signature: text(signature),
        userHandle: userHandle ? text(userHandle) : null,
      },
    };
  };

  const head = (key) => ({ id: key.id, rawId: text(key.rawId), type: key.type, clientExtensionResults: {} });

  const use = async (button) => {
    const form = button.form;
    const complaint = form.querySelector("[data-passkey-failed]");
    complaint.hidden = true;
    try {
      const options = await asked(form, button.dataset.passkeyOptions);
      const answer = await (button.dataset.passkey === "create" ? create : get)(options);
      form.querySelector("[data-passkey-answer]").value = JSON.stringify(answer);
      form.submit();
    } catch {
      complaint.hidden = false;
    }
  };

  if (!window.PublicKeyCredential) return;
  document.querySelectorAll("[data-passkey]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => use(button));
  });
  document.querySelectorAll("[data-without-passkeys]").forEach((word) => { word.hidden = true; });
})();
