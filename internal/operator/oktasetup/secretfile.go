package oktasetup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// secretFile is the path that the client secret goes to, or "".
type secretFile string

func (f secretFile) wanted() bool { return f != "" }

// missing reports whether no secret is there: no file, or one that an earlier run
// reserved and did not fill.
func (f secretFile) missing() (bool, error) {
	info, err := os.Stat(string(f))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("secret file: %w", err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("secret file: %s is no file", f)
	}
	return info.Size() == 0, nil
}

// reserve makes the file before the secret exists, so that a full disk or a
// wrong folder does not lose it. It never touches a file that has content.
func (f secretFile) reserve(make bool) error {
	if !f.wanted() {
		return nil
	}
	missing, err := f.missing()
	if err != nil {
		return err
	}
	if !missing {
		return fmt.Errorf("secret file: %s is there, but the app is not; move it away, it holds another app's secret", f)
	}
	if !make {
		return nil
	}
	if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("secret file: %w", err)
	}
	file, err := os.OpenFile(string(f), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("secret file: %w", err)
	}
	return file.Close()
}

// release takes an empty reservation back.
func (f secretFile) release() error {
	if !f.wanted() {
		return nil
	}
	if missing, err := f.missing(); err != nil || !missing {
		return err
	}
	if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("secret file: %w", err)
	}
	return nil
}

// write fills the reservation.
func (f secretFile) write(plain string) error {
	if !f.wanted() {
		return nil
	}
	if plain == "" {
		return errors.New("secret file: Okta's answer has no client secret; run it again")
	}
	if err := os.WriteFile(string(f), []byte(plain+"\n"), 0o600); err != nil {
		return fmt.Errorf("secret file: %w", err)
	}
	return nil
}
