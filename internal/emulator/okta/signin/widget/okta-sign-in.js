// A small stand-in for the Okta Sign-In Widget, for the emulator's sign-in
// page: the same names, events and DOM hooks as version 7, generations 2 and 3,
// for user name, password and identity providers. It is not Okta's widget and
// has none of its code.
(function () {
  'use strict';
  var generation = (document.currentScript && document.currentScript.dataset.generation) || 'G2';
  var ION = 'application/ion+json; okta-version=1.0.0';
  var ids = 28;

  function element(name, attributes, children) {
    var node = document.createElement(name);
    Object.keys(attributes || {}).forEach(function (key) {
      if (attributes[key] !== undefined && attributes[key] !== false) node.setAttribute(key, attributes[key] === true ? '' : attributes[key]);
    });
    (children || []).forEach(function (child) {
      if (child) node.appendChild(typeof child === 'string' ? document.createTextNode(child) : child);
    });
    return node;
  }

  function list(collection) { return (collection && collection.value) || []; }

  function find(state, names) {
    return list(state.remediation).filter(function (form) { return names.indexOf(form.name) >= 0; });
  }

  function OktaSignIn(config) {
    this.options = config || {};
    this.handlers = {};
    this.transforms = [];
    this.state = null;
    this.root = null;
    if (generation === 'G3') {
      this.afterTransform = function (form, change) {
        if (typeof form === 'function') { change = form; form = ''; }
        this.transforms.push({ form: form, change: change });
      };
    }
  }

  var widget = OktaSignIn.prototype;

  widget.on = function (name, handler) { (this.handlers[name] = this.handlers[name] || []).push(handler); };

  widget.off = function (name, handler) {
    var self = this;
    if (!name) { this.handlers = {}; return; }
    self.handlers[name] = (self.handlers[name] || []).filter(function (h) { return handler && h !== handler; });
  };

  widget.emit = function (name, context, error) {
    (this.handlers[name] || []).slice().forEach(function (handler) {
      try { handler(context, error); } catch (thrown) { setTimeout(function () { throw thrown; }); }
    });
  };

  widget.hide = function () { if (this.root) this.root.style.display = 'none'; };
  widget.show = function () { if (this.root) this.root.style.display = ''; };
  widget.remove = function () { if (this.root) { this.root.remove(); this.root = null; } };

  widget.renderEl = function (options, success, failure) {
    var self = this;
    var holder = document.querySelector(options.el || self.options.el);
    self.success = success;
    var done = new Promise(function (resolve, reject) {
      if (!holder) { reject(new Error('the element of renderEl is not there')); return; }
      self.root = element('main', {
        id: 'okta-sign-in', 'class': 'auth-container main-container no-beacon', 'data-se': 'auth-container main-container', tabindex: '-1'
      });
      holder.appendChild(self.root);
      self.finished = resolve;
      self.call((self.options.baseUrl || '') + '/idp/idx/introspect', { stateToken: self.options.stateToken }, false).catch(reject);
    });
    done.catch(function (error) { if (failure) failure(error); });
    return done;
  };

  // call sends one IDX request and shows what it answers.
  widget.call = function (href, body, isSubmit) {
    var self = this;
    return fetch(href, {
      method: 'POST', credentials: 'include', headers: { 'Content-Type': ION, Accept: ION }, body: JSON.stringify(body)
    }).then(function (response) {
      return response.json().then(function (state) { self.show_(state, response.status, isSubmit); });
    }).catch(function () {
      var message = { value: [{ message: 'There was an unexpected internal error. Please try again.', 'class': 'ERROR' }] };
      var again = self.state ? Object.assign({}, self.state, { messages: message }) : { messages: message };
      self.show_(again, 500, isSubmit);
    });
  };

  widget.show_ = function (state, status, isSubmit) {
    if (state.success) {
      if (this.finished) this.finished({ status: 'SUCCESS' });
      window.location.assign(state.success.href);
      return;
    }
    this.state = state;
    var providers = find(state, ['redirect-idp']);
    if (list(state.remediation).length === 1 && providers.length === 1 && !list(state.messages).length) {
      window.location.assign(providers[0].href);
      return;
    }
    var form = find(state, ['identify', 'challenge-authenticator'])[0] || null;
    this.draw(state, form, providers);
    var context = { controller: !form ? null : form.name === 'identify' ? 'primary-auth' : 'mfa-verify-password' };
    if (form) context.formName = form.name;
    else context.formName = 'terminal';
    // As version 7.49 does: an error above the same form is afterError alone.
    // The end of a sign-in is afterRender in generation 2, afterError in 3.
    var failed = isSubmit && status >= 400 && (form || generation === 'G3');
    if (failed) {
      this.emit('afterError', context, { xhr: { responseJSON: state }, errorSummary: (list(state.messages)[0] || {}).message || '' });
    } else {
      this.emit('afterRender', context);
    }
  };

  // elements is what the form is made of. Generation 3 lets the page change it.
  widget.elements = function (state, form, providers) {
    var self = this;
    var parts = [];
    list(state.messages).forEach(function (m) { parts.push({ type: 'InfoBox', message: m.message }); });
    if (!form) return parts.concat(self.providerParts(providers), [{ type: 'Back' }]);
    form.value.forEach(function (field) {
      if (field.name === 'identifier') parts.push({ type: 'Field', name: 'identifier', label: field.label, value: field.value || '', error: field.messages });
      if (field.name === 'credentials') {
        var code = field.form.value[0];
        parts.push({ type: 'Field', name: 'credentials.passcode', label: code.label, secret: true, value: '', error: code.messages });
      }
    });
    parts.push({ type: 'Button', label: form.name === 'identify' ? 'Next' : 'Verify', options: { type: 'submit', dataSe: 'save' } });
    parts = parts.concat(self.providerParts(providers));
    if (form.name !== 'identify') parts.push({ type: 'Cancel' });
    if (generation === 'G3') {
      var bag = { uischema: { type: 'VerticalLayout', elements: parts }, schema: {}, data: {} };
      self.transforms.forEach(function (t) {
        if (!t.form || t.form === '*' || t.form === form.name) t.change({ formBag: bag, idxContext: state, nextStep: form });
      });
      parts = bag.uischema.elements;
    }
    return parts;
  };

  widget.providerParts = function (providers) {
    if (!providers.length) return [];
    var buttons = providers.map(function (p) {
      return {
        type: 'Button', label: 'Sign in with ' + p.idp.name, href: p.href,
        options: { dataSe: (generation === 'G3' ? 'piv-card-button ' : '') + 'social-auth-general-idp-button', type: 'button' }
      };
    });
    var divider = { type: 'Divider', label: 'OR' };
    if (generation === 'G3' && buttons.length > 10) return [divider, { type: 'IdpList', options: { buttons: buttons } }];
    return [divider].concat(buttons);
  };

  widget.submit = function (form, node) {
    var body = { stateHandle: this.state.stateHandle };
    var identifier = node.querySelector('input[name="identifier"]');
    var passcode = node.querySelector('input[name="credentials.passcode"]');
    if (identifier) {
      body.identifier = identifier.value.trim();
      body.rememberMe = false;
    }
    if (passcode) body.credentials = { passcode: passcode.value };
    this.call(form.href, body, true);
  };

  widget.draw = function (state, form, providers) {
    var parts = this.elements(state, form, providers);
    var view = generation === 'G3' ? this.drawThird(parts, form) : this.drawSecond(parts, form);
    var self = this;
    var node = view.querySelector('form');
    if (node) {
      node.addEventListener('submit', function (event) {
        event.preventDefault();
        self.submit(form, node);
      });
    }
    var inner = generation === 'G3' ? this.root : this.root.querySelector('.auth-content-inner');
    if (!inner) {
      // Generation 2 keeps this node across its views; generation 3 has none.
      inner = element('div', { 'class': 'auth-content-inner' });
      this.root.appendChild(element('div', { 'class': 'okta-sign-in-header auth-header' }));
      this.root.appendChild(element('div', { 'class': 'auth-content' }, [inner]));
    }
    inner.replaceChildren(view);
    var first = view.querySelector('input');
    if (first && !this.root.closest('[hidden]')) first.focus();
  };

  function title(form) {
    if (!form) return 'Sign In';
    return form.name === 'identify' ? 'Sign In' : 'Verify with your password';
  }

  widget.field = function (part) {
    var id = generation === 'G3' ? part.name : 'input' + ids++;
    var error = list(part.error)[0];
    var input = element('input', {
      type: part.secret ? 'password' : 'text', name: part.name, id: id, value: part.value || undefined,
      autocomplete: part.secret ? 'current-password' : 'username', autocapitalize: 'none', spellcheck: 'false',
      'aria-invalid': error ? 'true' : undefined
    });
    return element('div', { 'class': 'o-form-fieldset o-form-label-top', 'data-se': 'o-form-fieldset-' + part.name }, [
      element('label', { 'for': id }, [part.label]), input,
      error && element('p', { 'class': 'field-error o-form-explain', role: 'alert' }, [error.message])
    ]);
  };

  widget.link = function (part) {
    var self = this;
    var back = part.type === 'Back';
    var uri = (self.options.baseUrl || '') + (self.options.relayState || '/');
    var node = element('a', { href: back ? uri : '#', 'class': 'link', 'data-se': back ? 'back' : 'cancel' }, ['Back to sign in']);
    if (!back) {
      node.addEventListener('click', function (event) {
        event.preventDefault();
        self.call(self.state.cancel.href, { stateHandle: self.state.stateHandle }, false);
      });
    }
    return node;
  };

  function of(parts, types) { return parts.filter(function (p) { return types.indexOf(p.type) >= 0; }); }

  widget.drawSecond = function (parts, form) {
    var self = this;
    var errors = of(parts, ['InfoBox']);
    var buttons = of(parts, ['Button']);
    var providers = buttons.filter(function (b) { return b.href; });
    var node = element('form', { 'class': 'ion-form o-form o-form-edit-mode', 'data-se': 'o-form', method: 'POST', novalidate: true }, [
      element('div', { 'data-se': 'o-form-content', 'class': 'o-form-content o-form-theme clearfix' }, [
        element('h2', { 'data-se': 'o-form-head', 'class': 'okta-form-title o-form-head' }, [title(form)]),
        element('div', { 'class': 'o-form-info-container' }),
        element('div', {
          'class': 'o-form-error-container' + (errors.length ? ' o-form-has-errors' : ''), 'data-se': 'o-form-error-container', role: 'alert'
        }, errors.map(function (e) {
          return element('div', {}, [element('div', { 'class': 'okta-form-infobox-error infobox infobox-error', role: 'alert' }, [
            element('span', { 'class': 'icon error-16' }), element('p', {}, [e.message])
          ])]);
        })),
        element('div', { 'class': 'o-form-fieldset-container', 'data-se': 'o-form-fieldset-container' },
          of(parts, ['Field']).map(function (f) { return self.field(f); }))
      ]),
      element('div', { 'class': 'o-form-button-bar' }, buttons.filter(function (b) { return !b.href; }).map(function (b) {
        return element('input', { 'class': 'button button-primary', type: 'submit', value: b.label, 'data-type': 'save' });
      }).concat([providers.length ? element('div', { 'class': 'sign-in-with-idp' }, [
        element('div', { 'class': 'separation-line' }, [element('span', {}, ['OR'])]),
        element('div', { 'class': 'okta-idps-container' }, providers.map(function (p) {
          return element('a', {
            'class': 'social-auth-button social-auth-general-idp-button no-translate link-button', 'data-se': p.options.dataSe, href: p.href
          }, [p.label]);
        }))
      ]) : null]))
    ]);
    var name = !form ? 'terminal' : form.name === 'identify' ? 'identify primary-auth' : 'challenge-authenticator mfa-verify-password';
    return element('div', { 'class': 'siw-main-view ' + name }, [
      element('div', { 'class': 'siw-main-header' }),
      element('div', { 'class': 'siw-main-body' }, [node]),
      element('div', { 'class': 'auth-footer siw-main-footer' }, of(parts, ['Cancel', 'Back']).map(function (c) { return self.link(c); }))
    ]);
  };

  widget.drawThird = function (parts, form) {
    var self = this;
    var node = element('form', { novalidate: true, 'data-se': 'o-form' }, [element('h2', { 'class': 'okta-form-title', 'data-se': 'o-form-head' }, [title(form)])]);
    function button(part) {
      var own = element('button', {
        type: part.href ? 'button' : 'submit', 'class': part.href ? 'link-button' : 'button-primary', 'data-se': part.options.dataSe
      }, [part.label]);
      if (part.href) own.addEventListener('click', function () { window.location.assign(part.href); });
      return own;
    }
    parts.forEach(function (part) {
      var made = null;
      switch (part.type) {
        case 'InfoBox': made = element('div', { 'class': 'callout-error', 'data-se': 'callout', role: 'alert' }, [element('p', {}, [part.message])]); break;
        case 'Field': made = self.field(part); break;
        case 'Button': made = button(part); break;
        case 'IdpList': made = element('div', { 'data-se': 'idp-list' }, part.options.buttons.map(button)); break;
        case 'Divider': made = element('div', { 'class': 'separation-line' }, [element('span', {}, [part.label])]); break;
        case 'Cancel': case 'Back': made = element('div', { 'class': 'auth-footer' }, [self.link(part)]); break;
      }
      if (made) node.appendChild(made);
    });
    return element('div', { 'data-version': '7-emulator' }, [node]);
  };

  window.OktaSignIn = OktaSignIn;
})();
