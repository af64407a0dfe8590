package vault_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bihuan/journal"
	"bihuan/store"
	"bihuan/store/storetest"
	"bihuan/vault"
)

// open opens the database of residents that belongs to a database.
func open(t testing.TB, house, key string) (*vault.Vault, error) {
	t.Helper()
	address, err := store.ResidentsOf(house)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), address, key)
	if err == nil {
		t.Cleanup(func() { v.Close() })
	}
	return v, err
}

func TestKeyBelongsToItsDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		folder := t.TempDir()
		key, other := filepath.Join(folder, "residents.key"), filepath.Join(folder, "other.key")
		v, err := open(t, house, key)
		if err != nil {
			t.Fatal(err)
		}
		sealed := v.Seal("person.number", "990408194610010018")
		if strings.Contains(sealed, "1946") || sealed == v.Seal("person.number", "990408194610010018") {
			t.Error("the same number is sealed the same way twice, or stands in it")
		}
		if _, err := v.Unseal("roll.account", sealed); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("it opens in another column: %v", err)
		}
		again, err := open(t, house, key)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := again.Unseal("person.number", sealed); err != nil || text != "990408194610010018" {
			t.Errorf("%q, %v", text, err)
		}
		if again.Index("number", "990408194610010018") != v.Index("number", "990408194610010018") {
			t.Error("the index differs from one opening to the next")
		}
		if v.Index("number", "990408194610010018") == v.Index("account", "990408194610010018") {
			t.Error("numbers and accounts share an index")
		}
		if _, err := open(t, house, other); !errors.Is(err, vault.ErrKey) {
			t.Errorf("a missing key: %v", err)
		}
		if _, err := os.Stat(other); err == nil {
			t.Error("a key was made for a database that has one")
		}
		if err := os.WriteFile(other, []byte("bihuan-residents-key:"+strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := open(t, house, other); !errors.Is(err, vault.ErrKey) {
			t.Errorf("a wrong key: %v", err)
		}
	})
}

func TestSealedFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		v, err := open(t, house, filepath.Join(t.TempDir(), "residents.key"))
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{0, 1, 1<<20 - 1, 1 << 20, 1<<20 + 1, 11<<20 + 17} {
			content := make([]byte, size)
			random := rand.NewChaCha8([32]byte{byte(size)})
			_, _ = random.Read(content)
			var stored vault.Stored
			write := func(limit int64) error {
				return v.Write(ctx, func(tx *store.Tx) (err error) {
					if stored, err = v.KeepFile(ctx, tx, bytes.NewReader(content), limit); err != nil {
						return err
					}
					return journal.Append(ctx, tx, journal.Entry{Verb: "导入", Kind: "sealed_file", Row: stored.ID})
				})
			}
			if err := write(int64(size) - 1); !errors.Is(err, vault.ErrLarge) && size > 0 {
				t.Errorf("%d bytes over the limit: %v", size, err)
			}
			if err := write(int64(size)); err != nil {
				t.Fatal(err)
			}
			f, err := v.OpenFile(ctx, stored.ID)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size))
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%d bytes: %d read back, %v", size, len(got), err)
			}
			for range 20 {
				if size < 2 {
					break
				}
				at := rand.IntN(size - 1)
				part := make([]byte, 1+rand.IntN(min(size-at, 3<<20)))
				if n, err := f.ReadAt(part, int64(at)); n != min(len(part), size-at) || err != nil || !bytes.Equal(part, content[at:at+n]) {
					t.Fatalf("%d of %d at %d, %v", n, len(part), at, err)
				}
			}
			err = v.Write(ctx, func(tx *store.Tx) error {
				if err := v.DropFile(ctx, tx, stored.ID); err != nil {
					return err
				}
				return journal.Append(ctx, tx, journal.Entry{Verb: "删除", Kind: "sealed_file", Row: stored.ID})
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := v.OpenFile(ctx, stored.ID); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("it is still there: %v", err)
			}
		}
	})
}

// A piece that somebody swaps for another of the same file does not open.
func TestPiecesKeepTheirPlace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, house string) {
		ctx := t.Context()
		v, err := open(t, house, filepath.Join(t.TempDir(), "residents.key"))
		if err != nil {
			t.Fatal(err)
		}
		var stored vault.Stored
		err = v.Write(ctx, func(tx *store.Tx) (err error) {
			if stored, err = v.KeepFile(ctx, tx, bytes.NewReader(make([]byte, 3<<20)), 4<<20); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `update sealed_piece set content = (select content from sealed_piece where n = 1) where n = 0`); err != nil {
				return err
			}
			return journal.Append(ctx, tx, journal.Entry{Verb: "导入", Kind: "sealed_file", Row: stored.ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		f, err := v.OpenFile(ctx, stored.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.ReadAt(make([]byte, 10), 0); !errors.Is(err, vault.ErrSealed) {
			t.Errorf("a swapped piece reads: %v", err)
		}
	})
}

func TestMask(t *testing.T) {
	for _, c := range [][3]string{
		{vault.MaskNumber("990408194610010018"), "990*************18", "number"}, {vault.MaskNumber("990"), "***", "a fragment"}, {vault.MaskNumber(""), "", "nothing"},
		{vault.MaskAccount("6217000010001234567"), "***************4567", "account"}, {vault.MaskPhone("13800001234"), "138******34", "phone"},
		{vault.MaskName("张秀英"), "张*英", "three"}, {vault.MaskName("李梅"), "李*", "two"}, {vault.MaskName("阿卜杜拉·买买提"), "阿******提", "long"}, {vault.MaskName("王"), "*", "one"},
		{vault.MaskIn("990408194610010018"), "990*************18", "a number for a name"}, {vault.MaskIn("东槐村3组"), "东槐村3组", "none"}, {vault.MaskIn("户 990408194610010018（2人）"), "户 990*************18（2人）", "within"},
		{vault.MaskIn("130408001001"), "130408001001", "a household's own number"}, {vault.MaskIn("张秀英 990408 19461001 0018"), "张秀英 990***************18", "parted"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, not %s", c[2], c[0], c[1])
		}
	}
}
