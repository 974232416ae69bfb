package main

import (
	"flag"
	"fmt"
	"io"
	"regexp"
)

// options are the demo's command line.
type options struct {
	listen  string
	check   bool
	tls     bool
	logFile string
	health  string
	enroll  string
	// plainSignIn leaves Okta's page as it is without an administrator's changes.
	plainSignIn bool
}

const (
	defaultListen    = "127.0.0.1:8080"
	defaultListenTLS = "127.0.0.1:8443"
	defaultEnroll    = "every 30d"
)

// enrollForm keeps the value one line of the Caddyfile; what it may say is the
// sidecar's to judge.
var enrollForm = regexp.MustCompile(`^[a-z]+( [0-9a-z.]+)?$`)

func parseFlags(args []string, errs io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.StringVar(&o.listen, "listen", defaultListen, "`address` to listen on; port 0 lets the system choose one; with --tls the default is "+defaultListenTLS)
	fs.BoolVar(&o.check, "check", false, "play the whole journey without a browser, print what was seen, and exit; on a port of its own unless --listen is given")
	fs.BoolVar(&o.tls, "tls", false, "serve https, with a certificate authority made for this run; Linux only")
	fs.StringVar(&o.logFile, "log", "", "append every log line of Caddy and the sidecar to `file`, as JSON, DEBUG and access log included")
	fs.StringVar(&o.health, "health", "", "get `URL`, and exit 0 if that works: for a container's health check")
	fs.StringVar(&o.enroll, "enroll", defaultEnroll, "the sidecar's enroll `setting`: always, never, or every <duration>")
	fs.BoolVar(&o.plainSignIn, "plain-signin", false, "show Okta's own sign-in page, which needs no JavaScript, instead of the one that offers the passkey first")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	set := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { set[f.Name] = true })
	if o.check && !set["listen"] {
		o.listen = "127.0.0.1:0"
	} else if o.tls && !set["listen"] {
		o.listen = defaultListenTLS
	}
	var wrong string
	switch {
	case fs.NArg() > 0:
		wrong = fmt.Sprintf("the demo takes no argument %q; see --help", fs.Arg(0))
	case o.check && o.enroll != defaultEnroll:
		wrong = "--check plays the journey with the default of --enroll; leave one of the two out"
	case o.check && o.plainSignIn:
		wrong = "--check plays the journey with the page that offers the passkey; leave --plain-signin out"
	case !enrollForm.MatchString(o.enroll):
		wrong = fmt.Sprintf("--enroll %q: want always, never, or every and a duration, like \"every 30d\"", o.enroll)
	}
	if wrong != "" {
		err := fmt.Errorf("%s", wrong)
		fmt.Fprintln(errs, err)
		return o, err
	}
	return o, nil
}
