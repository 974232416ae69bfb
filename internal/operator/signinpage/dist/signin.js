"use strict";
(() => {
  // ../../assets/src/oktasignin/handoff.ts
  var longest = 6e3;
  var token = /^[\w+/=-]+\.[\w+/=-]+\.[\w+/=-]+(\.[\w+/=-]+\.[\w+/=-]+)?$/;
  function isSigned(data) {
    return typeof data === "string" && data.length <= longest && token.test(data);
  }
  var oneTime = ["prompt", "max_age", "request", "request_uri"];
  var HandOff = class {
    constructor(settings, config2, root) {
      this.settings = settings;
      this.config = config2;
      this.root = root;
      this.base = new URL(config2.baseUrl || location.origin, location.origin);
    }
    get path() {
      return "/sso/idps/" + encodeURIComponent(this.settings.idpId);
    }
    /** Tells whether a link leads to the configured provider at this Okta. */
    leadsToProvider(href) {
      try {
        const url = new URL(href ?? "", this.base);
        return href !== void 0 && url.origin === this.base.origin && url.pathname === this.path;
      } catch {
        return false;
      }
    }
    /** The URL for a signed result, or undefined when there is no transaction. */
    url(signed) {
      const url = new URL(this.path, this.base.origin);
      if (this.byState()) {
        const state = this.state();
        if (!state) {
          return void 0;
        }
        url.searchParams.set("stateToken", state);
      } else {
        url.searchParams.set("fromURI", this.fromURI());
      }
      url.searchParams.set("login_hint", signed);
      return url;
    }
    byState() {
      if (this.settings.handOff !== "auto") {
        return this.settings.handOff === "state-token";
      }
      const relay = this.relay();
      const query = new URL(this.fromURI(), this.base.origin).searchParams;
      if (oneTime.some((name) => query.has(name))) {
        return relay === void 0 || this.state() !== void 0;
      }
      return relay === void 0 && !query.has("client_id");
    }
    // The anchor of the second generation is as fresh as the form that is shown;
    // the page's own token may have been replaced since.
    state() {
      for (const link of this.root.querySelectorAll("a[href]")) {
        if (this.leadsToProvider(link.href)) {
          const state = new URL(link.href).searchParams.get("stateToken");
          if (state) {
            return state;
          }
        }
      }
      return this.stateHandle || this.config.stateToken;
    }
    fromURI() {
      return this.relay() ?? location.href.split("#")[0];
    }
    /** Where Okta itself would go on, if it says so. */
    relay() {
      const { relayState } = this.config;
      return relayState && new URL(relayState, this.base.origin).origin === this.base.origin ? relayState : void 0;
    }
  };

  // ../../assets/src/oktasignin/idpbutton.ts
  function hideAnchor(root, handOff) {
    const links = Array.from(root.querySelectorAll(".okta-idps-container a[href]"));
    const ours = links.filter((link) => handOff.leadsToProvider(link.href));
    for (const link of ours) {
      link.style.display = "none";
    }
    if (ours.length > 0 && ours.length === links.length) {
      const separated = ours[0].closest(".sign-in-with-idp");
      separated?.style.setProperty("display", "none");
    }
  }
  function removeButton({ formBag, loc }, { idpName }) {
    if (idpName === "" || !loc) {
      return;
    }
    const label = loc("customauth.sign.in.with.label", "login", [idpName]);
    const { uischema } = formBag;
    const buttons = uischema.elements.flatMap((element2) => element2.options?.buttons ?? [element2]).filter(isProvider);
    const ours = buttons.find((button) => button.label === label);
    if (!ours) {
      return;
    }
    for (const element2 of uischema.elements) {
      if (element2.options?.buttons) {
        element2.options.buttons = element2.options.buttons.filter((button) => button !== ours);
      }
    }
    uischema.elements = uischema.elements.filter((element2) => element2 !== ours && element2.options?.buttons?.length !== 0);
    if (buttons.length === 1) {
      uischema.elements = withoutLooseDivider(uischema.elements);
    }
  }
  function isProvider({ type, options }) {
    return type === "Button" && /^piv-card-button .*social-auth-/.test(options?.dataSe ?? "");
  }
  function withoutLooseDivider(elements) {
    const leads = (part) => part.some(isWay);
    return elements.filter((element2, i) => element2.type !== "Divider" || leads(elements.slice(0, i)) && leads(elements.slice(i + 1)));
  }
  function isWay({ type }) {
    return type.includes("Button");
  }

  // ../../assets/src/oktasignin/loginscript.ts
  function loginScript() {
    const script = window.Corbado;
    return typeof script?.mountCorbadoConnectLogin === "function" ? script : void 0;
  }
  function fetchScript(settings, nonce2, came, failed) {
    window.__fpjs_d_m = true;
    if (settings.style) {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = settings.style;
      link.nonce = nonce2;
      document.head.append(link);
    }
    const script = document.createElement("script");
    script.async = true;
    script.nonce = nonce2;
    if (settings.integrity) {
      script.integrity = settings.integrity;
      script.crossOrigin = "anonymous";
    }
    script.onload = came;
    script.onerror = failed;
    script.src = settings.script;
    document.head.append(script);
  }

  // ../../assets/src/oktasignin/passkeysignin.ts
  var patience = 4e3;
  var transactionLife = 60 * 60 * 1e3;
  var PasskeySignIn = class {
    constructor(settings, view, handOff, go) {
      this.settings = settings;
      this.view = view;
      this.handOff = handOff;
      this.go = go;
      this.opened = Date.now();
      this.mounted = false;
      /** The user, the component or an error has decided for Okta's form. */
      this.conventional = false;
      this.leaving = false;
      this.broken = false;
      this.loaded = false;
      this.busy = false;
      this.identifying = false;
    }
    start(nonce2) {
      this.view.other.addEventListener("click", () => this.fallBack());
      this.view.again.addEventListener("click", () => this.open());
      this.view.reload.addEventListener("click", () => location.reload());
      for (const touch of ["keydown", "pointerdown"]) {
        this.view.root.addEventListener(touch, () => this.busy = true, { once: true });
      }
      window.addEventListener("pageshow", (event) => event.persisted && this.returned());
      const late = setTimeout(() => this.giveUp("the script did not come in time"), patience);
      fetchScript(
        this.settings,
        nonce2,
        () => {
          clearTimeout(late);
          this.offer();
        },
        () => {
          clearTimeout(late);
          this.giveUp("the script did not load");
        }
      );
      new MutationObserver(() => this.yieldToErrors()).observe(this.view.root, { childList: true, subtree: true });
    }
    /** Okta's widget has drawn a form; the same one again after each error. */
    rendered(context) {
      this.identifying = isIdentify(context);
      if (this.identifying) {
        this.offer();
      } else {
        this.view.say("");
        this.view.showConventional(false);
      }
    }
    yieldToErrors() {
      if (this.view.passkeyShown && this.view.oktaSaysError()) {
        this.toConventional();
      }
    }
    /** Shows the component if nothing speaks against it. */
    offer() {
      if (!this.identifying || this.leaving) {
        return;
      }
      if (this.view.oktaSaysError() || this.busy && !this.mounted) {
        this.conventional = true;
      }
      if (!this.conventional && this.mount()) {
        this.view.showPasskey();
      } else {
        this.view.showConventional(this.canOpen());
      }
    }
    canOpen() {
      return this.identifying && this.conventional && !this.broken && loginScript() !== void 0;
    }
    /** The user asks for the passkey after all: with a fresh component. */
    open() {
      this.conventional = false;
      this.view.say("");
      if (this.mounted) {
        this.mounted = false;
        try {
          loginScript()?.unmountCorbadoConnectLogin?.(this.view.mountPoint);
        } catch {
          this.view.mountPoint.replaceChildren();
        }
      }
      if (this.mount()) {
        this.view.showPasskey();
      } else if (this.broken) {
        this.view.say(this.view.text("unavailable"));
        this.view.focusForm("");
      }
    }
    /** Mounts once; false when there is no component. */
    mount() {
      const script = loginScript();
      if (!script || this.broken || this.mounted) {
        return this.mounted;
      }
      this.loaded = false;
      this.mounted = true;
      try {
        script.mountCorbadoConnectLogin(this.view.mountPoint, this.options());
      } catch {
        this.mounted = false;
        this.broken = true;
        this.giveUp("the component did not mount");
        return false;
      }
      clearTimeout(this.watchdog);
      this.watchdog = setTimeout(() => this.watch(), patience);
      return !this.conventional;
    }
    /** A component that shows nothing to act on is not worth hiding a form for. */
    watch() {
      const alive = this.loaded || this.view.mountPoint.querySelector('input, button, a[href], [role="button"]');
      if (this.view.passkeyShown && !this.leaving && !alive) {
        this.fallBack();
        report("the component shows nothing");
      }
    }
    options() {
      const { projectId, frontendApiUrlSuffix, customDomain } = this.settings;
      return {
        projectId,
        ...frontendApiUrlSuffix ? { frontendApiUrlSuffix } : {},
        ...customDomain ? { customDomain } : {},
        onComplete: (signed) => this.complete(signed),
        onFallback: (identifier, message) => this.fallBack(identifier, message),
        onFallbackSilent: (identifier) => this.fallBack(identifier),
        onFallbackCustom: (identifier) => this.fallBack(identifier),
        onUnknownUser: (identifier) => this.fallBack(identifier),
        onError: () => this.fallBack(),
        onSignupClick: () => this.fallBack(),
        onHelpClick: () => this.fallBack(),
        onLoaded: () => void (this.loaded = true),
        onLoginStart: () => void 0,
        onConditionalLoginStart: (controller) => {
          this.conditional = controller instanceof AbortController ? controller : void 0;
        }
      };
    }
    complete(signed) {
      if (this.leaving || this.conventional) {
        return;
      }
      if (!isSigned(signed)) {
        this.fallBack("", this.view.text("refused"));
        report("the component completed without signed data");
        return;
      }
      const url = this.handOff.url(signed);
      if (!url) {
        this.fallBack("", this.view.text("unavailable"));
        report("no transaction to hand the result to");
        return;
      }
      if (url.searchParams.has("stateToken") && Date.now() - this.opened > transactionLife) {
        this.fallBack("", this.view.text("stale"), true);
        return;
      }
      this.leaving = true;
      this.go(url.href);
    }
    fallBack(identifier, message, offerReload = false) {
      if (this.leaving || this.conventional) {
        return;
      }
      this.toConventional();
      if (!this.identifying) {
        return;
      }
      this.view.say(typeof message === "string" ? message : "", offerReload);
      this.view.focusForm(typeof identifier === "string" ? identifier : "");
    }
    /** For the rest of the page's life, or until the user asks for the passkey. */
    toConventional() {
      this.conventional = true;
      this.conditional?.abort();
      this.conditional = void 0;
      this.view.showConventional(this.canOpen());
    }
    giveUp(why) {
      this.toConventional();
      report(why + "; the page offers the conventional sign-in");
    }
    returned() {
      if (this.leaving) {
        this.leaving = false;
        this.fallBack();
      }
    }
  };
  function report(what) {
    console.warn("passkeys: " + what);
  }
  function isIdentify(context) {
    if (context?.formName) {
      return context.formName === "identify";
    }
    return context?.controller === "primary-auth" || context?.controller === "idp-discovery";
  }

  // ../../assets/src/oktasignin/view.ts
  var errors = '.infobox-error, .o-form-has-errors, [data-se="callout"]';
  var View = class {
    constructor() {
      this.root = element("okta-login-container");
      this.section = element("passkeys-signin");
      this.mountPoint = element("passkeys-component");
      this.other = element("passkeys-other");
      this.again = element("passkeys-again");
      this.message = element("passkeys-message");
      this.reload = element("passkeys-reload");
    }
    get passkeyShown() {
      return !this.section.hidden;
    }
    /** Hides Okta's form; only for a component that is mounted. */
    showPasskey() {
      const focused = document.activeElement;
      this.say("");
      this.section.hidden = false;
      this.again.hidden = true;
      this.root.hidden = true;
      if (!focused || focused === document.body || this.root.contains(focused) || this.again.contains(focused)) {
        element("passkeys-title").focus();
      }
    }
    showConventional(offerAgain) {
      this.section.hidden = true;
      this.root.hidden = false;
      this.again.hidden = !offerAgain;
    }
    /** Shows a text above the form; empty takes it away. */
    say(text, offerReload = false) {
      this.message.textContent = text;
      this.message.hidden = text === "";
      this.reload.hidden = !offerReload;
    }
    /** A text of the page, by its data attribute. */
    text(name) {
      return this.section.dataset[name] ?? "";
    }
    oktaSaysError() {
      return this.root.querySelector(errors) !== null;
    }
    get username() {
      return this.root.querySelector('input[name="identifier"], input[name="username"]');
    }
    /** Moves to Okta's form, and fills in what the user typed into the component. */
    focusForm(identifier) {
      const input = this.username;
      if (!input) {
        this.root.querySelector('input:not([type="hidden"]), button')?.focus();
        return;
      }
      if (identifier !== "") {
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(input, identifier);
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
      input.focus();
    }
  };
  function element(id) {
    const found = document.getElementById(id);
    if (!found) {
      throw new Error(`the page has no #${id}`);
    }
    return found;
  }

  // ../../assets/src/oktasignin/main.ts
  var nonce = document.currentScript?.nonce ?? "";
  var config = OktaUtil.getSignInWidgetConfig();
  var widget = new OktaSignIn(config);
  try {
    addPasskey(widget);
  } catch {
    report("the page is not as it was made");
  }
  widget.renderEl({ el: "#okta-login-container" }, OktaUtil.completeLogin, () => {
    report("the widget stopped");
  });
  function addPasskey(widget2) {
    const view = new View();
    const settings = JSON.parse(view.section.dataset.settings ?? "");
    if (!isForThisApp(settings)) {
      return;
    }
    if (settings.generation === "g3" && !widget2.afterTransform) {
      report("the page was made for the third generation, and this is the second");
    }
    const handOff = new HandOff(settings, config, view.root);
    const signIn = new PasskeySignIn(settings, view, handOff, (url) => location.assign(url));
    widget2.afterTransform?.("identify", safely((transform) => {
      const { idxContext } = transform;
      handOff.stateHandle = idxContext?.stateHandle ?? handOff.stateHandle;
      removeButton(transform, settings);
    }));
    widget2.on("afterRender", safely((context) => {
      hideAnchor(view.root, handOff);
      signIn.rendered(context);
    }));
    widget2.on("afterError", safely(() => signIn.toConventional()));
    signIn.start(nonce);
  }
  function safely(listen) {
    return (argument) => {
      try {
        listen(argument);
      } catch {
        report("a listener failed");
      }
    };
  }
  function isForThisApp({ appIds }) {
    if (appIds.length === 0) {
      return true;
    }
    const request = OktaUtil.getRequestContext?.();
    const app = request?.app?.value?.id ?? request?.target?.clientId;
    return app !== void 0 && appIds.includes(app);
  }
})();
