package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/url"
	"sort"
	"sync"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// simulation is a running simulator and the session that scripts it.
type simulation struct {
	model    *simulator.Model
	server   *simulator.Server
	identity *identity
	client   *govmomi.Client
	url      string
	// own is the key of the client's session, left out of what is reported.
	own string

	mu       sync.Mutex
	requests map[string]int
	// registries holds those of all sessions ever seen: an event collector
	// lives in its session's, and keeps its slot when the session is gone.
	registries map[string]*simulator.Registry
	// names outlive their VMs, for events posted after a VM was destroyed.
	names map[string]string
}

// start brings a simulator up. What it returns beside an error must still be closed.
func start(ctx context.Context, o options) (*simulation, error) {
	if o.vms < 0 {
		return nil, fmt.Errorf("-vms %d: must not be negative", o.vms)
	}
	id, err := newIdentity()
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	sim := &simulation{
		identity:   id,
		requests:   map[string]int{},
		registries: map[string]*simulator.Registry{},
		names:      map[string]string{},
	}

	sim.model = simulator.VPX()
	if o.esx {
		sim.model = simulator.ESX()
	} else {
		// One stand-alone host and no cluster: all VMs are then of one pool,
		// and their number is the one asked for.
		sim.model.Cluster = 0
	}
	sim.model.Machine = o.vms
	sim.model.Autostart = o.autostart
	if err := sim.model.Create(); err != nil {
		return sim, fmt.Errorf("model: %w", err)
	}

	service := sim.model.Service
	service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword(o.user, o.password)}
	if o.tls {
		service.TLS = &tls.Config{Certificates: []tls.Certificate{id.certificate}, MinVersion: tls.VersionTLS12}
	}
	registry := sim.model.Map()
	registry.EventManager().MaxCollector = int32(o.maxCollectors)
	registry.Handler = sim.observe
	sim.server = service.NewServer()
	sim.url = (&url.URL{Scheme: sim.server.URL.Scheme, Host: sim.server.URL.Host, Path: sim.server.URL.Path}).String()

	sim.client, err = govmomi.NewClient(ctx, sim.server.URL, true)
	if err != nil {
		return sim, fmt.Errorf("own session: %w", err)
	}
	own, err := session.NewManager(sim.client.Client).UserSession(ctx)
	if err != nil {
		return sim, fmt.Errorf("own session: %w", err)
	}
	sim.mu.Lock()
	sim.own = own.Key
	clear(sim.requests)
	sim.mu.Unlock()

	// The option acts on later log-ins only, so the own session never expires.
	if o.sessionTimeout > 0 {
		registry.OptionManager().UpdateOptions(&types.UpdateOptions{
			ChangedValue: []types.BaseOptionValue{&types.OptionValue{
				Key:   "config.vmacore.soap.sessionTimeout",
				Value: o.sessionTimeout.String(),
			}},
		})
	}
	return sim, nil
}

func (sim *simulation) close() {
	if sim.server != nil {
		// Close waits for requests in flight, and a long poll may be one.
		sim.server.CloseClientConnections()
		closed := make(chan struct{})
		go func() {
			sim.server.Close()
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(time.Second):
		}
	}
	if sim.model.Service != nil {
		sim.model.Remove()
	}
	sim.identity.remove()
}

// observe is called by the simulator before it carries a SOAP call out.
func (sim *simulation) observe(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	if s := ctx.Session; s != nil {
		if s.Key == sim.own {
			return nil, nil
		}
		sim.registries[s.Key] = s.Registry
	}
	sim.requests[method.Name]++
	return nil, nil
}

// requestCounts tells how often each method was called by others.
func (sim *simulation) requestCounts() map[string]int {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	counts := make(map[string]int, len(sim.requests))
	for name, count := range sim.requests {
		counts[name] = count
	}
	return counts
}

// collectorCount tells how many of the server's collector slots are taken.
func (sim *simulation) collectorCount() int {
	sim.mu.Lock()
	defer sim.mu.Unlock()
	count := 0
	for _, registry := range sim.registries {
		count += len(registry.AllReference("EventHistoryCollector"))
	}
	return count
}

// otherSessions lists the live sessions but the own one.
func (sim *simulation) otherSessions(ctx context.Context) ([]types.UserSession, error) {
	var manager mo.SessionManager
	ref := *sim.client.ServiceContent.SessionManager
	if err := sim.client.RetrieveOne(ctx, ref, []string{"sessionList"}, &manager); err != nil {
		return nil, err
	}
	others := []types.UserSession{}
	for _, s := range manager.SessionList {
		if s.Key != sim.own {
			others = append(others, s)
		}
	}
	sort.Slice(others, func(i, j int) bool { return others[i].LoginTime.Before(others[j].LoginTime) })
	return others, nil
}

// expireSessions ends every session but the own one, and tells how many that were.
func (sim *simulation) expireSessions(ctx context.Context) (int, error) {
	others, err := sim.otherSessions(ctx)
	if err != nil {
		return 0, err
	}
	// One at a time: the simulator stops at the first that has ended meanwhile.
	count := 0
	for _, s := range others {
		if err := session.NewManager(sim.client.Client).TerminateSession(ctx, []string{s.Key}); err == nil {
			count++
		}
	}
	return count, nil
}
