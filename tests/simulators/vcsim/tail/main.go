// Command tail follows the events of VMs as Terraform's vSphere provider does,
// with govmomi's event.Manager.Events, for the measurements in tests/bench.
//
// Arguments: the URL of the vCenter with user and password, then the managed
// objects to follow as TYPE:VALUE. Each is followed by a call of its own, with a collector of its own.
// It prints one JSON line when all are followed, and one for each event.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/event"
	"github.com/vmware/govmomi/vim25/types"
)

// pageSize is Terraform's.
const pageSize = 10

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tail:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("arguments: want a URL and at least one TYPE:VALUE, got %d", len(args))
	}
	server, err := url.Parse(args[0])
	if err != nil {
		return fmt.Errorf("url: %w", err)
	}
	ctx := context.Background()
	client, err := govmomi.NewClient(ctx, server, true)
	if err != nil {
		return fmt.Errorf("log-in: %w", err)
	}
	var out sync.Mutex
	lines := json.NewEncoder(os.Stdout)
	tell := func(line map[string]any) {
		out.Lock()
		defer out.Unlock()
		_ = lines.Encode(line)
	}

	manager := event.NewManager(client.Client)
	var following sync.WaitGroup
	failed := make(chan error, len(args))
	for _, arg := range args[1:] {
		kind, value, found := strings.Cut(arg, ":")
		if !found {
			return fmt.Errorf("object %q: want TYPE:VALUE", arg)
		}
		object := []types.ManagedObjectReference{{Type: kind, Value: value}}
		// Terraform asks for events of every class of its one VM; for many the classes must be named.
		var classes []string
		if kind != "VirtualMachine" {
			classes = []string{"VmStartingEvent", "CustomizationStartedEvent", "CustomizationSucceeded"}
		}
		following.Add(1)
		var first sync.Once
		go func() {
			failed <- manager.Events(ctx, object, pageSize, true, true, func(_ types.ManagedObjectReference, page []types.BaseEvent) error {
				at := time.Now()
				for _, e := range page {
					if e.GetEvent().Vm == nil {
						continue
					}
					tell(map[string]any{
						"vm":   e.GetEvent().Vm.Vm.Value,
						"key":  e.GetEvent().Key,
						"atMs": float64(at.UnixNano()) / 1e6,
					})
				}
				first.Do(following.Done)
				return nil
			}, classes...)
		}()
	}
	// The first call brings the events that are there already, and there is at least one for each VM.
	go func() {
		following.Wait()
		tell(map[string]any{"ready": true})
	}()
	return <-failed
}
