package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/passkey-sidecar/passkey-sidecar/internal/operator/signinpage"
)

// options are the demo's command line.
type options struct {
	listen string
	check  bool
	// against is the origin of the demo that --check plays against; empty means its own.
	against string
	tls     bool
	logFile string
	health  string
	enroll  string
	idle    time.Duration
	// settings are further lines of the sidecar's block.
	settings string
	// plainSignIn leaves Okta's page as it is without an administrator's changes.
	plainSignIn bool
	// widget is the folder with Okta's real Sign-In Widget; empty means the
	// emulator's own. generation is the one that the page is served with.
	widget     string
	generation string
}

const (
	defaultListen    = "127.0.0.1:8080"
	defaultListenTLS = "127.0.0.1:8443"
	defaultEnroll    = "every 30d"
	defaultIdle      = time.Hour
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
	fs.StringVar(&o.against, "against", "", "with --check: play against the demo that runs already at `origin`, like http://"+appHost+":8080; one with --tls needs SSL_CERT_FILE set to the authority that it prints")
	fs.BoolVar(&o.tls, "tls", false, "serve https, with a certificate authority made for this run; Linux only")
	fs.StringVar(&o.logFile, "log", "", "append every log line of Caddy and the sidecar to `file`, as JSON, DEBUG and access log included")
	fs.StringVar(&o.health, "health", "", "get `URL`, and exit 0 if that works: for a container's health check")
	fs.StringVar(&o.enroll, "enroll", defaultEnroll, "the sidecar's enroll `setting`: always, never, or every <duration>")
	fs.DurationVar(&o.idle, "idle", defaultIdle, "the sidecar's session idle `time`; a few seconds show what happens when a session ends")
	fs.StringVar(&o.settings, "settings", "", "further `lines` for the sidecar's block in the Caddyfile, to try one out, like \"session { idle 5m }\" over several lines")
	fs.BoolVar(&o.plainSignIn, "plain-signin", false, "show Okta's own sign-in page, which needs no JavaScript, instead of the one that offers the passkey first")
	fs.StringVar(&o.widget, "widget", "", "show the sign-in page with Okta's real Sign-In Widget, from `folder`: dist of the npm package @okta/okta-signin-widget, version 7; the default is a small stand-in")
	fs.StringVar(&o.generation, "widget-generation", signinpage.G2, "`generation` of the widget, the real one or the stand-in: "+signinpage.G2+" or "+signinpage.G3)
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
	if wrong := o.wrong(fs.Arg(0), set); wrong != "" {
		err := errors.New(wrong)
		fmt.Fprintln(errs, err)
		return o, err
	}
	return o, nil
}

// wrong tells what is wrong with the options, or nothing.
func (o options) wrong(argument string, set map[string]bool) string {
	switch {
	case argument != "":
		return fmt.Sprintf("the demo takes no argument %q; see --help", argument)
	case set["against"] && (!o.check || len(set) > 2):
		return "--against is for --check alone: the demo that runs already has its own settings"
	case o.check && o.enroll != defaultEnroll:
		return "--check plays the journey with the default of --enroll; leave one of the two out"
	case o.check && o.plainSignIn:
		return "--check plays the journey with the page that offers the passkey; leave --plain-signin out"
	case o.check && o.settings != "":
		return "--check plays the journey with the settings that it knows; leave --settings out"
	case o.plainSignIn && (set["widget"] || set["widget-generation"]):
		return "--plain-signin shows a page without a widget; leave it out, or --widget and --widget-generation"
	case o.generation != signinpage.G2 && o.generation != signinpage.G3:
		return fmt.Sprintf("--widget-generation %q: want %s or %s", o.generation, signinpage.G2, signinpage.G3)
	case o.idle < time.Second || o.idle > 8*time.Hour:
		return "--idle must be between 1s and 8h"
	case !enrollForm.MatchString(o.enroll):
		return fmt.Sprintf("--enroll %q: want always, never, or every and a duration, like \"every 30d\"", o.enroll)
	case set["widget"]:
		return wrongWidget(o.widget)
	case set["against"]:
		if _, err := placeOf(o.against); err != nil {
			return err.Error()
		}
	}
	return ""
}

// wrongWidget tells why a folder is not the widget's.
func wrongWidget(folder string) string {
	for _, name := range []string{"js/okta-sign-in.min.js", "js/okta-sign-in.next.js", "css/okta-sign-in.min.css"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || !info.Mode().IsRegular() {
			return fmt.Sprintf("--widget %q: there is no %s; want the folder dist of the npm package @okta/okta-signin-widget, version 7", folder, name)
		}
	}
	return ""
}
