package corbado

import (
	"crypto/rand"
	"math/big"
	"strings"
)

// idDigits is how long the number in an id such as ctk-940364795071150919 is.
const idDigits = 18

var (
	digits       = "0123456789"
	alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newID returns an id in Corbado's form: a three-letter prefix, a dash and
// digits.
func newID(prefix string) string {
	return prefix + "-" + random(digits, idDigits)
}

// random returns n characters of alphabet, each equally likely.
// [rand.Reader] never fails: the runtime ends the program first.
func random(alphabet string, n int) string {
	var b strings.Builder
	size := big.NewInt(int64(len(alphabet)))
	for range n {
		i, err := rand.Int(rand.Reader, size)
		if err != nil {
			panic("corbado: no randomness: " + err.Error())
		}
		b.WriteByte(alphabet[i.Int64()])
	}
	return b.String()
}
