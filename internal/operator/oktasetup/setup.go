// Package oktasetup plans and makes what the sidecar needs in an Okta org: an app,
// Corbado as an identity provider, a routing rule with both ways to sign in, the
// customized sign-in page, and the settings of a custom authorization server.
//
// It finds before it creates, changes only what differs, and takes nothing away. It can
// be run again after any failure. Apply reads everything first, so a wrong token or a
// missing right to read is found before anything changes.
//
// Source: Okta: Management API (Applications, Identity Providers, Policies,
// Brands, Authorization Servers).
package oktasetup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/oktaapi"
)

// API is the management API. A plan without an org has none.
type API interface {
	Do(ctx context.Context, method, path string, in, out any) error
	List(ctx context.Context, path string) ([]json.RawMessage, error)
}

// Verb says what an action does to its object.
type Verb string

// The verbs. Note is a word to the operator without an object.
const (
	Unchanged Verb = "unchanged"
	Create    Verb = "create"
	Update    Verb = "update"
	Note      Verb = "note"
)

// Action is one thing that was done, or would be.
type Action struct {
	Step string
	Verb Verb
	// What names the object, ID is its id where it is known.
	What, ID string
	// Method, Path and Body are the call; Body has its secrets masked.
	Method, Path string
	Body         any
	Differences  []Difference
}

// Result is what the sidecar and the page need to know.
type Result struct {
	ClientID           string
	IdentityProviderID string
	// Changes counts creates and updates.
	Changes int
}

// Plan reads the org and tells what Apply would do. With a nil API it takes the
// org for empty. tell gets each action at once.
func Plan(ctx context.Context, api API, options Options, tell func(Action)) (Result, error) {
	return start(ctx, api, options, tell, false)
}

// Apply makes what is missing and changes what differs. It plans first, and
// begins only if the plan meets no refusal. The error is a *StepError.
func Apply(ctx context.Context, api API, options Options, tell func(Action)) (Result, error) {
	if api == nil {
		return Result{}, errors.New("no org to apply to")
	}
	if options.IdentityProvider != nil && options.IdentityProvider.ClientSecret.IsZero() {
		return Result{}, errors.New("identity provider: no client secret; Corbado gives one")
	}
	if _, err := start(ctx, api, options, func(Action) {}, false); err != nil {
		return Result{}, err
	}
	return start(ctx, api, options, tell, true)
}

// run is one pass over the steps.
type run struct {
	api     API
	apply   bool
	options Options
	tell    func(Action)
	step    string
	changes int
	doubt   bool

	appID, idpID, brandID string
}

type step struct {
	name string
	run  func(context.Context) error
}

func start(ctx context.Context, api API, options Options, tell func(Action), apply bool) (Result, error) {
	if err := options.fill(); err != nil {
		return Result{}, err
	}
	r := &run{api: api, apply: apply, options: options, tell: tell}
	steps := r.steps()
	for i, s := range steps {
		r.step = s.name
		if err := s.run(ctx); err != nil {
			return Result{}, &StepError{Step: s.name, Err: err, Done: names(steps[:i]), Left: names(steps[i+1:]), Changed: r.written(), Doubt: r.doubt}
		}
	}
	return Result{ClientID: r.appID, IdentityProviderID: r.idpID, Changes: r.changes}, nil
}

// steps are in the order of what needs what.
func (r *run) steps() []step {
	o := r.options
	steps := []step{{"app", r.ensureApp}}
	add := func(wanted bool, name string, f func(context.Context) error) {
		if wanted {
			steps = append(steps, step{name, f})
		}
	}
	add(o.App.AssignGroup != "", "assignment", r.ensureAssignment)
	add(o.AuthServer != nil && o.AuthServer.GroupsPrefix != "", "groups claim", r.ensureGroupsClaim)
	add(o.AuthServer != nil && o.AuthServer.AccessPolicy, "access policy", r.ensureAccessPolicy)
	add(o.IdentityProvider != nil, "identity provider", r.ensureIdentityProvider)
	add(o.Page != nil || len(o.RelatedOrigins) > 0, "brand", r.findBrand)
	add(len(o.RelatedOrigins) > 0, "related origins", r.ensureRelatedOrigins)
	add(o.Page != nil, "sign-in page", r.ensurePage)
	add(o.IdentityProvider != nil, "routing rule", r.ensureRoutingRule)
	return steps
}

func names(steps []step) []string {
	var all []string
	for _, s := range steps {
		all = append(all, s.name)
	}
	return all
}

// written is how many calls changed the org; a plan changes nothing.
func (r *run) written() int {
	if !r.apply {
		return 0
	}
	return r.changes
}

func (r *run) note(text string) { r.tell(Action{Step: r.step, Verb: Note, What: text}) }

// send performs a write, or only tells it.
func (r *run) send(ctx context.Context, a Action, body any, out *object) error {
	a.Step, a.Body = r.step, mask("", plain(body))
	var answer object
	if out == nil {
		out = &answer
	}
	if r.apply {
		if err := r.api.Do(ctx, a.Method, a.Path, body, out); err != nil {
			refusal, refused := errors.AsType[*oktaapi.Error](err)
			r.doubt = !refused || refusal.Status >= http.StatusInternalServerError
			return err
		}
	}
	r.changes++
	if id := text(*out, "id"); id != "" && isPlaceholder(a.ID) {
		a.ID = id
	}
	r.tell(a)
	return nil
}

// isPlaceholder tells that a path or id stands for an object that a plan has
// not made. Nothing can be found below it.
func isPlaceholder(s string) bool { return strings.Contains(s, "{") }

// get reads an object that has a path of its own; nil if there is none.
func (r *run) get(ctx context.Context, path string) (object, error) {
	if r.api == nil || isPlaceholder(path) {
		return nil, nil
	}
	var o object
	if err := r.api.Do(ctx, http.MethodGet, path, nil, &o); err != nil {
		if oktaapi.IsNotFound(err) {
			return nil, nil
		}
		return nil, err
	}
	return o, nil
}

// find reads a collection and returns the one object that matches; nil if none does.
func (r *run) find(ctx context.Context, path, what string, matches func(object) bool) (object, error) {
	if r.api == nil || isPlaceholder(path) {
		return nil, nil
	}
	list, err := r.api.List(ctx, path)
	if err != nil {
		return nil, err
	}
	var found []object
	for _, raw := range list {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			return nil, fmt.Errorf("GET %s: an entry is not an object", path)
		}
		if matches(o) {
			found = append(found, o)
		}
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("there are %d of %s (%s and %s); rename or delete all but one", len(found), what, text(found[0], "id"), text(found[1], "id"))
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found[0], nil
}

// item is an object of a collection, as it shall be.
type item struct {
	what string
	have object // nil if there is none
	// want is compared and sent; fresh is sent at creation only, and free
	// afterwards; always is sent at each write and never compared.
	want, fresh, always object
	// path is the collection's; query goes with the POST.
	path, query string
	// force sends an update that compares equal.
	force bool
	// placeholder is the id in a plan.
	placeholder string
}

// ensure creates or updates an item and returns its id and the answer to a create.
func (r *run) ensure(ctx context.Context, it item) (string, object, error) {
	want, _ := plain(it.want).(object)
	always, _ := plain(it.always).(object)
	if it.have == nil {
		body, _ := merge(merge(plain(it.fresh), want), always).(object)
		var made object
		a := Action{Verb: Create, What: it.what, ID: it.placeholder, Method: http.MethodPost, Path: it.path + it.query}
		if err := r.send(ctx, a, body, &made); err != nil {
			return "", nil, err
		}
		if !r.apply {
			return it.placeholder, nil, nil
		}
		id := text(made, "id")
		if id == "" {
			return "", nil, fmt.Errorf("POST %s: the answer has no id", it.path)
		}
		return id, made, nil
	}
	id := text(it.have, "id")
	if status := text(it.have, "status"); status != "" && status != "ACTIVE" {
		r.note(it.what + " is " + strings.ToLower(status) + " at Okta; activate it in the Admin Console")
	}
	differences := compare("", want, it.have)
	if len(differences) == 0 && !it.force {
		r.tell(Action{Step: r.step, Verb: Unchanged, What: it.what, ID: id})
		return id, nil, nil
	}
	sent, _ := merge(want, always).(object)
	body := update(it.have, sent)
	a := Action{Verb: Update, What: it.what, ID: id, Method: http.MethodPut, Path: it.path + "/" + id, Differences: differences}
	return id, nil, r.send(ctx, a, body, nil)
}

// anyOf lists strings as JSON has them.
func anyOf(list []string) []any {
	out := make([]any, 0, len(list))
	for _, s := range slices.Compact(slices.Clone(list)) {
		out = append(out, s)
	}
	return out
}
