package pages

import (
	"slices"
	"strings"
)

// policies are the Content-Security-Policy of each kind of page. Every one
// starts from nothing and names exact origins.
type policies struct {
	// component is for pages that hold Corbado's component.
	component string
	// plain is for pages that hold our own text only.
	plain string
	// signOut is plain without form-action.
	signOut string
	// keptForm is signOut with calls to our own routes.
	keptForm string
	// repost is signOut for a page that may be in a frame of this origin.
	repost string
	// ownFrame and anyFrame are plain for pages that are shown in a frame of this
	// origin, or of any site.
	ownFrame, anyFrame string
}

func newPolicies(c component, b brand) policies {
	images := join("'self' data:", b.logoOrigin)
	ours := directives{
		{"default-src", "'none'"},
		{"script-src", "'self'"},
		{"style-src", "'self'"},
		{"img-src", images},
		{"base-uri", "'none'"},
	}
	unframed, toSelf := directive{"frame-ancestors", "'none'"}, directive{"form-action", "'self'"}
	plain := append(slices.Clip(ours), unframed)
	styles := strings.Join(c.styleOrigins, " ")
	return policies{
		component: directives{
			{"default-src", "'none'"},
			{"script-src", join("'self'", c.scriptOrigins...)},
			{"style-src", join("'self'", c.styleOrigins...)},
			{"connect-src", join("'self'", c.apiOrigin)},
			// The component's icons are data: URLs; a style sheet may bring
			// pictures and fonts of its own.
			{"img-src", join(images, styles)},
			{"font-src", join("'self'", styles)},
			{"base-uri", "'none'"},
			unframed,
			toSelf,
		}.String(),
		plain: append(slices.Clip(plain), toSelf).String(),
		// The sign-out form's POST is answered by a redirect to Okta, and
		// Chromium holds redirects after a form against form-action too. Okta's
		// sign-out may redirect further, so no list of origins would be right;
		// the page holds one form, and no text of anybody's.
		signOut: plain.String(),
		// A form of the app may be answered by a redirect to anywhere, too.
		keptForm: append(slices.Clip(plain), directive{"connect-src", "'self'"}).String(),
		repost:   append(slices.Clip(ours), directive{"frame-ancestors", "'self'"}).String(),
		ownFrame: append(slices.Clip(ours), directive{"frame-ancestors", "'self'"}, toSelf).String(),
		anyFrame: append(slices.Clip(ours), toSelf).String(),
	}
}

type directive struct{ name, sources string }

type directives []directive

// String returns the header's value.
func (ds directives) String() string {
	var b strings.Builder
	for i, d := range ds {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(d.name + " " + d.sources)
	}
	return b.String()
}

// join puts the sources that are not empty behind first.
func join(first string, more ...string) string {
	for _, source := range more {
		if source != "" {
			first += " " + source
		}
	}
	return first
}
