// What a page can do beyond links and forms. Every page works without this file.
"use strict";

// Buttons that only a script can serve are hidden until there is one.
const show = (root) => root.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });

// Copies what stands beside the button.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});

// Times are told from where the reader stands, as the server tells them.
const span = (seconds) => {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
};
const tell = (time) => {
  const ahead = Math.round((Date.parse(time.dateTime) - Date.now()) / 1000);
  if (0 < ahead) return `in ${span(ahead)}`;
  return ahead === 0 ? "just now" : `${span(-ahead)} ago`;
};
setInterval(() => {
  if (document.hidden) return;
  document.querySelectorAll("time[data-relative]").forEach((time) => { time.textContent = tell(time); });
}, 10000);

// A page that nobody sees does not ask again; one that got no answer says so and goes on asking.
let seenAt = new Date();
const stale = (message) => document.querySelectorAll("[data-stale]").forEach((line) => {
  line.textContent = message;
  line.hidden = message === "";
});
document.addEventListener("htmx:config:request", (event) => {
  if (document.hidden) event.preventDefault();
});
document.addEventListener("htmx:before:response", (event) => {
  const status = event.detail.ctx.response?.status ?? 0;
  if (status === 200) { seenAt = new Date(); return; }
  event.preventDefault();
  if (status === 401) { location.reload(); return; }
  stale(`Shown as of ${seenAt.toISOString().slice(11, 19)} UTC. Trying again.`);
});
document.addEventListener("htmx:error", () => {
  stale(`Shown as of ${seenAt.toISOString().slice(11, 19)} UTC. Trying again.`);
});
document.addEventListener("htmx:after:swap", () => { stale(""); show(document); });

// Encryption keys: read from a file, or made here. A private key never leaves the browser.
const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
const pemOf = (label, bytes) => `-----BEGIN ${label}-----\n${base64(bytes).match(/.{1,64}/g).join("\n")}\n-----END ${label}-----\n`;
const save = (name, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
const isPrivate = (text) => text.includes("PRIVATE KEY") || /"d"\s*:/.test(text);
document.querySelectorAll("[data-key-form]").forEach((form) => {
  const key = form.querySelector("[data-key]");
  const error = form.querySelector("[data-key-error]");
  const told = form.querySelector("[data-key-told]");
  const refuse = () => {
    key.value = "";
    error.textContent = "This is a private key. It was not sent; only the public half is needed here.";
    error.hidden = false;
  };
  form.querySelector("[data-key-tools]").hidden = false;
  form.addEventListener("submit", (event) => {
    if (!isPrivate(key.value)) return;
    event.preventDefault();
    refuse();
  });
  form.querySelector("[data-key-file]").addEventListener("change", async (event) => {
    const text = await event.target.files[0].text();
    if (isPrivate(text)) { refuse(); return; }
    key.value = text;
    error.hidden = true;
  });
  const generate = form.querySelector("[data-key-generate]");
  generate.hidden = !window.isSecureContext;
  generate.addEventListener("click", async () => {
    generate.disabled = true;
    const algorithm = { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) };
    const pair = await crypto.subtle.generateKey(algorithm, true, ["encrypt", "decrypt"]);
    const { kty, n, e } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    save("kayle-private.pem", pemOf("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", pair.privateKey)));
    key.value = JSON.stringify({ kty, n, e });
    const name = form.querySelector("[name=key_id]");
    if (name.value === "") name.value = `browser-${new Date().toISOString().slice(0, 10)}`;
    told.textContent = "The private half was saved as kayle-private.pem: put it where your server finds it. It is nowhere else.";
    told.hidden = false;
    error.hidden = true;
    generate.disabled = false;
  });
});

// A key's challenge, decrypted here with a private key out of a file, which is not sent.
const bytesOf = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const decrypt = async (jwe, pem) => {
  const [head, wrapped, iv, content, tag] = jwe.split(".");
  const key = await crypto.subtle.importKey("pkcs8", bytesOf(pem.replace(/-----[^-]+-----|\s/g, "")), { name: "RSA-OAEP", hash: "SHA-256" }, false, ["decrypt"]);
  const raw = await crypto.subtle.decrypt({ name: "RSA-OAEP" }, key, bytesOf(wrapped));
  const contentKey = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  const algorithm = { name: "AES-GCM", iv: bytesOf(iv), additionalData: new TextEncoder().encode(head) };
  const plain = await crypto.subtle.decrypt(algorithm, contentKey, new Uint8Array([...bytesOf(content), ...bytesOf(tag)]));
  return new TextDecoder().decode(plain);
};
document.querySelectorAll("[data-proof-form]").forEach((form) => {
  const error = form.querySelector("[data-proof-error]");
  form.querySelector("[data-proof-tools]").hidden = !window.isSecureContext;
  form.querySelector("[data-proof-file]").addEventListener("change", async (event) => {
    try {
      form.elements.nonce.value = await decrypt(form.querySelector("[data-challenge]").textContent, await event.target.files[0].text());
      error.hidden = true;
    } catch {
      error.textContent = "It cannot be decrypted with this file: it is another key, or not in the form BEGIN PRIVATE KEY.";
      error.hidden = false;
    }
  });
});

// Keys of the keyboard. They can be switched off, for those whose voice or hands press them by accident.
const OFF = "kayle-keys-off";
const places = { e: "/webhooks", d: "/webhooks/deliveries", v: "/webhooks/events", k: "/webhooks/api-keys", a: "/webhooks/audit-log" };
let going = false;
const rows = () => [...document.querySelectorAll(".rows .row-link")];
const step = (by) => {
  const links = rows();
  const next = links[links.indexOf(document.activeElement) + by] ?? (by > 0 ? links[0] : links.at(-1));
  next?.focus();
};
const help = () => {
  const dialog = document.createElement("dialog");
  const off = localStorage.getItem(OFF) !== null;
  const keys = [["/", "Search"], ["g e", "Endpoints"], ["g d", "Deliveries"], ["g v", "Events"], ["j k", "Next and previous row"], ["Enter", "Open the row"], ["r", "Send again"], ["?", "This help"]];
  const title = document.createElement("h2");
  title.textContent = "Keys";
  const list = document.createElement("dl");
  for (const [key, meaning] of keys) {
    const term = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    term.append(kbd);
    const text = document.createElement("dd");
    text.textContent = meaning;
    list.append(term, text);
  }
  const button = document.createElement("button");
  button.className = "button plain";
  button.textContent = off ? "Switch keys on" : "Switch keys off";
  button.addEventListener("click", () => {
    if (off) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1");
    dialog.close();
  });
  dialog.append(title, list, button);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "?") { help(); return; }
  if (localStorage.getItem(OFF) !== null) return;
  if (going) {
    going = false;
    const place = places[event.key];
    if (place) location.assign(place);
    return;
  }
  switch (event.key) {
    case "g": going = true; setTimeout(() => { going = false; }, 1500); break;
    case "j": step(1); break;
    case "k": step(-1); break;
    case "r": document.querySelector("form[action$='/retry'] button:not(:disabled)")?.focus(); break;
    case "/": {
      const search = document.querySelector(".search input");
      if (search) { event.preventDefault(); search.focus(); }
      break;
    }
  }
});

show(document);
