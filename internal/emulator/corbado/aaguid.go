package corbado

// aaguidDetails names the maker of an authenticator. Components from 0.8 on show
// it; the published one has a table of its own.
type aaguidDetails struct {
	Name      string `json:"name"`
	IconLight string `json:"iconLight"`
	IconDark  string `json:"iconDark"`
}

// A plain key stands for every maker: the emulator carries no one's logo.
const (
	keyIconLight = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%23333' stroke-width='2'%3E%3Ccircle cx='7' cy='12' r='4'/%3E%3Cpath d='M11 12h10v4M17 12v3'/%3E%3C/svg%3E`
	keyIconDark  = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%23eee' stroke-width='2'%3E%3Ccircle cx='7' cy='12' r='4'/%3E%3Cpath d='M11 12h10v4M17 12v3'/%3E%3C/svg%3E`
)

// makers are the common authenticators, and the one in a browser under test.
var makers = map[string]string{
	"01020304-0506-0708-0102-030405060708": "Chromium virtual authenticator",
	"08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
	"531126d6-e717-415c-9320-3d9aa6981239": "Dashlane",
	"6028b017-b1d4-4c02-b4b3-afcdafc96bb2": "Windows Hello",
	"9ddd1817-af5a-4672-a2b9-3e3dd95000a9": "Windows Hello",
	"adce0002-35bc-c60a-648b-0b25f1f05503": "Chrome on Mac",
	"bada5566-a7aa-401f-bd96-45619a55120d": "1Password",
	"d548826e-79b4-db40-a3d8-11116f7e8349": "Bitwarden",
	"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4": "Google Password Manager",
	"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords",
}

func detailsOf(aaguid string) aaguidDetails {
	name, ok := makers[aaguid]
	if !ok {
		name = "Passkey"
	}
	return aaguidDetails{Name: name, IconLight: keyIconLight, IconDark: keyIconDark}
}
