package proof

import _ "embed"

// Page is the second verifier: one web page that checks a pack by itself, opened from a disk, without any network. It shares no
// code with [CheckPack], only docs/record.md.
//
//go:embed verify.html
var Page []byte
