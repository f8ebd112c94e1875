package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/vmware/govmomi/event"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// post posts an event of any class. The fields are named as in the vSphere
// API; the server itself sets key, chainId, createdTime and userName.
func (sim *simulation) post(ctx context.Context, kind, which string, fields json.RawMessage) error {
	posted, err := newEvent(kind, fields)
	if err != nil {
		return err
	}
	if which != "" {
		if err := sim.placeEvent(ctx, posted.GetEvent(), which); err != nil {
			return err
		}
	}
	return event.NewManager(sim.client.Client).PostEvent(ctx, posted)
}

// posting is one event of a burst.
type posting struct {
	Event string `json:"event"`
	VM    string `json:"vm"`
}

// postAll posts events back to back, each prepared beforehand, and tells how
// long the posting itself took.
func (sim *simulation) postAll(ctx context.Context, posts []posting) (time.Duration, error) {
	events := make([]types.BaseEvent, 0, len(posts))
	for _, p := range posts {
		posted, err := newEvent(p.Event, nil)
		if err != nil {
			return 0, err
		}
		if err := sim.placeEvent(ctx, posted.GetEvent(), p.VM); err != nil {
			return 0, err
		}
		events = append(events, posted)
	}
	manager := event.NewManager(sim.client.Client)
	begun := time.Now()
	for _, posted := range events {
		if err := manager.PostEvent(ctx, posted); err != nil {
			return 0, err
		}
	}
	return time.Since(begun), nil
}

func newEvent(kind string, fields json.RawMessage) (types.BaseEvent, error) {
	if kind == "" {
		return nil, errors.New(`post: "event" is missing`)
	}
	class, known := types.TypeFunc()(kind)
	if !known {
		return nil, fmt.Errorf("event %q: the vSphere API has no such class", kind)
	}
	posted, isEvent := reflect.New(class).Interface().(types.BaseEvent)
	if !isEvent {
		return nil, fmt.Errorf("event %q: is no event", kind)
	}
	if len(fields) > 0 {
		decoder := types.NewJSONDecoder(bytes.NewReader(fields))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(posted); err != nil {
			return nil, fmt.Errorf("event %q: fields: %w", kind, err)
		}
	}
	return posted, nil
}

// placeEvent fills in the VM and, while it exists, where it runs: the
// server's message texts use the host's name.
func (sim *simulation) placeEvent(ctx context.Context, placed *types.Event, which string) error {
	vm, name, err := sim.findVM(which)
	if err != nil {
		return err
	}
	placed.Vm = &types.VmEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: name},
		Vm:                  vm.Reference(),
	}
	host, hostEntity := sim.hostOf(ctx, vm.Reference())
	if host == nil {
		return nil
	}
	placed.Host = &types.HostEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: hostEntity.Name},
		Host:                *host,
	}
	for entity := hostEntity; entity.Parent != nil; {
		parent, ok := sim.model.Map().Get(*entity.Parent).(mo.Entity)
		if !ok {
			break
		}
		entity = parent.Entity()
		argument := types.EntityEventArgument{Name: entity.Name}
		switch entity.Self.Type {
		case "ComputeResource", "ClusterComputeResource":
			placed.ComputeResource = &types.ComputeResourceEventArgument{EntityEventArgument: argument, ComputeResource: entity.Self}
		case "Datacenter":
			placed.Datacenter = &types.DatacenterEventArgument{EntityEventArgument: argument, Datacenter: entity.Self}
		}
	}
	return nil
}

func (sim *simulation) hostOf(ctx context.Context, vm types.ManagedObjectReference) (*types.ManagedObjectReference, *mo.ManagedEntity) {
	if sim.model.Map().Get(vm) == nil {
		return nil, nil
	}
	var properties mo.VirtualMachine
	if err := sim.client.RetrieveOne(ctx, vm, []string{"runtime.host"}, &properties); err != nil || properties.Runtime.Host == nil {
		return nil, nil
	}
	host, ok := sim.model.Map().Get(*properties.Runtime.Host).(mo.Entity)
	if !ok {
		return nil, nil
	}
	return properties.Runtime.Host, host.Entity()
}
