// Command pocketbase is the bench peer: PocketBase as its authors build it.
// A module of its own, so that the product's go.mod does not know it.
package main

import (
	"log"

	"github.com/pocketbase/pocketbase"
)

func main() {
	if err := pocketbase.New().Start(); err != nil {
		log.Fatal(err)
	}
}
