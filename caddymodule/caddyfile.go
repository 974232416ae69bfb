package caddymodule

import (
	"fmt"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
)

const directive = "passkeys"

func init() {
	httpcaddyfile.RegisterDirective(directive, parseDirective)
	// Before basic_auth and all that answers, after what rewrites: the gate
	// must judge the path that the app will get.
	httpcaddyfile.RegisterDirectiveOrder(directive, httpcaddyfile.Before, "basic_auth")
}

// parseDirective refuses a matcher: a gate that covers half a site is a hole. One
// around it is found when the configuration is loaded, see bypass.
func parseDirective(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	h.Next()
	_, matched, err := h.MatcherToken()
	if err != nil {
		return nil, err
	}
	if matched {
		return nil, h.Err("passkeys guards the whole site and takes no matcher; list what needs no session with: public <path>")
	}
	at := fmt.Sprintf("%s:%d", h.File(), h.Line())
	h.Reset()
	p := new(Passkeys)
	if err := p.UnmarshalCaddyfile(h.Dispenser); err != nil {
		return nil, err
	}
	if insideBlock(h) {
		p.DeclaredAt = at
	}
	return h.NewRoute(nil, p), nil
}

// UnmarshalCaddyfile reads the directive. Syntax:
//
//	passkeys {
//		public_url <origin...>
//		okta {
//			issuer        <url>
//			client_id     <id>
//			client_secret <secret>
//			scopes        <scope...>
//			client_auth   client_secret_basic|client_secret_post
//			passkey_idp   <id>
//			universal_logout_issuer <url>
//		}
//		corbado {
//			project_id   <id>
//			api_secret   <secret>
//			backend_api  <url>
//			frontend_api <host suffix or url>
//			identifier   <claim>
//			components   <script url> <style url>
//		}
//		session {
//			key      <secret...>
//			rotate   <duration>|off
//			idle     <duration>
//			lifetime <duration>
//		}
//		enroll   always|never|every <duration>
//		allow {
//			group  <name...>
//			email  <address...>
//			domain <name...>
//		}
//		groups   <name or prefix*...>
//		bearer {
//			issuer   <url>
//			audience <name...>
//		}
//		step_up  <duration>|off [acr <value>]
//		step_up  <duration> <path...> [acr <value>]
//		identity forwarded|remote|{
//			<Header> <claim>
//		}
//		assertion {
//			audience <text>
//			ttl      <duration>
//			header   <Name>
//			claims   <claim...>
//			key      <secret...>
//		}
//		basic_auth {
//			user     <claim>
//			password <secret>
//		}
//		public   <path...>
//		pass_headers <Name...>
//		related_origins <origin...>
//		state    memory|redis://[<user>@]<host>[:<port>][/<database>]|rediss://… {
//			password          <secret>
//			tls_ca            <file>
//			cluster
//			sentinel          <primary's name>
//			sentinel_password <secret>
//		}
//		path     <base path>
//		resend   <size>|off
//		repost   <path...>
//		expiry_header <Name>
//		brand {
//			name  <name>
//			logo  <path or url>
//			color <rrggbb>
//		}
//	}
//
// Parsing only parses: placeholders and defaults belong to the machine that
// runs the configuration, not to the one that adapts it.
func (p *Passkeys) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	start := placeOf(d)
	if d.NextArg() {
		return d.Errf("passkeys takes a block and no arguments, not '%s'", d.Val())
	}
	err := settings{
		"public_url":      texts(&p.PublicURLs),
		"okta":            block("okta", p.Okta.settings(), p.Okta.missing),
		"corbado":         block("corbado", p.Corbado.settings(), p.Corbado.missing),
		"session":         block("session", p.Session.settings(), nil),
		"enroll":          p.Enroll.parse,
		"allow":           p.parseAllow,
		"groups":          p.Groups.parse,
		"bearer":          p.parseBearer,
		"identity":        p.Identity.parse,
		"assertion":       p.parseAssertion,
		"basic_auth":      p.parseBasicAuth,
		"public":          texts(&p.Public),
		"pass_headers":    p.PassHeaders.parse,
		"related_origins": texts(&p.RelatedOrigins),
		"state":           p.State.parse,
		"path":            text(&p.Path),
		"resend":          p.Resend.parse,
		"repost":          texts(&p.Repost),
		"expiry_header":   text(&p.ExpiryHeader),
		"brand":           block("brand", p.Brand.settings(), nil),
		settingStepUp:     p.StepUp.parse,
	}.parse(d, directive, settingStepUp)
	if err != nil {
		return err
	}
	if missing := p.missing(); missing != "" {
		return start.errorf("%s", missing)
	}
	return nil
}

// missing names a required setting that is not there.
func (p *Passkeys) missing() string {
	if len(p.PublicURLs) == 0 {
		return "passkeys needs public_url, the origin that browsers use, like https://app.example.com"
	}
	if missing := p.Okta.missing(); missing != "" {
		return missing
	}
	return p.Corbado.missing()
}

var _ caddyfile.Unmarshaler = (*Passkeys)(nil)
