package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// vmRow is how a VM is told in the ready line and by listVms.
type vmRow struct {
	Name string `json:"name"`
	VM   string `json:"vm"`
	Path string `json:"path"`
}

// listVMs tells the VMs of the inventory, the oldest first.
func (sim *simulation) listVMs() []vmRow {
	rows := []vmRow{}
	for _, entity := range sim.model.Map().All("VirtualMachine") {
		vm := entity.Entity()
		rows = append(rows, vmRow{Name: vm.Name, VM: vm.Self.Value, Path: sim.inventoryPath(vm)})
	}
	sort.Slice(rows, func(i, j int) bool { return idNumber(rows[i].VM) < idNumber(rows[j].VM) })

	sim.mu.Lock()
	defer sim.mu.Unlock()
	for _, row := range rows {
		sim.names[row.VM] = row.Name
	}
	return rows
}

// idNumber is the number at the end of a managed object id.
func idNumber(id string) int {
	number, _ := strconv.Atoi(id[strings.LastIndex(id, "-")+1:])
	return number
}

// inventoryPath is the entity's path below the root folder.
func (sim *simulation) inventoryPath(entity *mo.ManagedEntity) string {
	names := ""
	for entity.Parent != nil {
		names = "/" + entity.Name + names
		parent, ok := sim.model.Map().Get(*entity.Parent).(mo.Entity)
		if !ok {
			break
		}
		entity = parent.Entity()
	}
	return names
}

var vmID = regexp.MustCompile(`^(vm-)?[0-9]+$`)

// findVM resolves what a command calls a VM. One that was destroyed is found
// by its id, and by its name while no other VM has it.
func (sim *simulation) findVM(which string) (*object.VirtualMachine, string, error) {
	if which == "" {
		return nil, "", errors.New(`command: "vm" is missing`)
	}
	var found []vmRow
	for _, row := range sim.listVMs() {
		if row.VM == which || row.Name == escapeName(which) || row.Path == which {
			found = append(found, row)
		}
	}
	if len(found) == 0 {
		sim.mu.Lock()
		for id, name := range sim.names {
			if id == which || name == escapeName(which) {
				found = append(found, vmRow{Name: name, VM: id})
			}
		}
		sim.mu.Unlock()
	}
	if len(found) == 0 && vmID.MatchString(which) {
		found = append(found, vmRow{Name: which, VM: which})
	}
	switch len(found) {
	case 0:
		return nil, "", fmt.Errorf("vm %q: not found", which)
	case 1:
		ref := types.ManagedObjectReference{Type: "VirtualMachine", Value: found[0].VM}
		return object.NewVirtualMachine(sim.client.Client, ref), found[0].Name, nil
	}
	return nil, "", fmt.Errorf("vm %q: %d VMs have this name: use the id or the path", which, len(found))
}

// escapeName writes a name as vCenter keeps it; the simulator leaves that to
// its callers.
func escapeName(name string) string {
	return strings.NewReplacer("/", "%2f", `\`, "%5c").Replace(name)
}

// finish waits for a task that was asked for.
func finish(ctx context.Context, task *object.Task, err error) error {
	if err != nil {
		return err
	}
	return task.Wait(ctx)
}

func (sim *simulation) changePower(ctx context.Context, do, which string) error {
	vm, _, err := sim.findVM(which)
	if err != nil {
		return err
	}
	var task *object.Task
	switch do {
	case "powerOn":
		task, err = vm.PowerOn(ctx)
	case "powerOff":
		task, err = vm.PowerOff(ctx)
	case "reset":
		task, err = vm.Reset(ctx)
	case "destroy":
		task, err = vm.Destroy(ctx)
	}
	return finish(ctx, task, err)
}

func (sim *simulation) rename(ctx context.Context, which, name string) error {
	if name == "" {
		return errors.New(`rename: "name" is missing`)
	}
	vm, _, err := sim.findVM(which)
	if err != nil {
		return err
	}
	task, err := vm.Rename(ctx, escapeName(name))
	return finish(ctx, task, err)
}

func (sim *simulation) clone(ctx context.Context, c command) (string, error) {
	template, _, err := sim.findVM(c.Template)
	if err != nil {
		return "", fmt.Errorf("template: %w", err)
	}
	if c.Name == "" {
		return "", errors.New(`clone: "name" is missing`)
	}
	var source mo.VirtualMachine
	if err := template.Properties(ctx, template.Reference(), []string{"parent"}, &source); err != nil {
		return "", err
	}
	if source.Parent == nil {
		return "", fmt.Errorf("template %q: has no folder", c.Template)
	}
	folder := object.NewFolder(sim.client.Client, *source.Parent)
	if c.Folder != "" {
		if folder, err = sim.findFolder(ctx, c.Folder); err != nil {
			return "", err
		}
	}
	var spec types.VirtualMachineCloneSpec
	if c.Customize {
		if spec.Customization, err = linuxSpec(ctx, template); err != nil {
			return "", err
		}
	}
	// The simulator names the VM's files as the VM and fails for an escaped
	// slash, so such a VM gets its name after it was made and before it starts.
	name := escapeName(c.Name)
	plain := strings.ReplaceAll(name, "%", "_")
	renamed := plain != name
	spec.PowerOn = c.PowerOn && !renamed
	task, err := template.Clone(ctx, folder, plain, spec)
	if err != nil {
		return "", err
	}
	info, err := task.WaitForResult(ctx, nil)
	if err != nil {
		return "", err
	}
	vm := info.Result.(types.ManagedObjectReference).Value
	if renamed {
		if err := sim.rename(ctx, vm, name); err != nil {
			return "", err
		}
		if c.PowerOn {
			return vm, sim.changePower(ctx, "powerOn", vm)
		}
	}
	return vm, nil
}

func (sim *simulation) customize(ctx context.Context, which string) error {
	vm, _, err := sim.findVM(which)
	if err != nil {
		return err
	}
	spec, err := linuxSpec(ctx, vm)
	if err != nil {
		return err
	}
	task, err := vm.Customize(ctx, *spec)
	return finish(ctx, task, err)
}

// setProperty stages a property of a VM, such as guest.toolsRunningStatus, as
// a guest would tell it. The simulator takes it as extra configuration.
func (sim *simulation) setProperty(ctx context.Context, which, property string, value any) error {
	if property == "" {
		return errors.New(`setProperty: "property" is missing`)
	}
	vm, _, err := sim.findVM(which)
	if err != nil {
		return err
	}
	task, err := vm.Reconfigure(ctx, types.VirtualMachineConfigSpec{
		ExtraConfig: []types.BaseOptionValue{&types.OptionValue{Key: "SET." + property, Value: value}},
	})
	return finish(ctx, task, err)
}

// linuxSpec is a spec with as many NIC settings as the VM has NICs: with any
// other number the server refuses it.
func linuxSpec(ctx context.Context, vm *object.VirtualMachine) (*types.CustomizationSpec, error) {
	devices, err := vm.Device(ctx)
	if err != nil {
		return nil, err
	}
	spec := &types.CustomizationSpec{
		Options: &types.CustomizationLinuxOptions{},
		Identity: &types.CustomizationLinuxPrep{
			HostName: &types.CustomizationVirtualMachineName{},
			Domain:   "example.com",
		},
	}
	for range devices.SelectByType((*types.VirtualEthernetCard)(nil)) {
		spec.NicSettingMap = append(spec.NicSettingMap, types.CustomizationAdapterMapping{
			Adapter: types.CustomizationIPSettings{Ip: &types.CustomizationDhcpIpGenerator{}},
		})
	}
	return spec, nil
}

func (sim *simulation) removeNIC(ctx context.Context, which string) error {
	vm, _, err := sim.findVM(which)
	if err != nil {
		return err
	}
	devices, err := vm.Device(ctx)
	if err != nil {
		return err
	}
	cards := devices.SelectByType((*types.VirtualEthernetCard)(nil))
	if len(cards) == 0 {
		return fmt.Errorf("vm %q: has no NIC", which)
	}
	return vm.RemoveDevice(ctx, true, cards[len(cards)-1])
}

// findFolder finds a VM folder by its inventory path.
func (sim *simulation) findFolder(ctx context.Context, inventoryPath string) (*object.Folder, error) {
	ref, err := object.NewSearchIndex(sim.client.Client).FindByInventoryPath(ctx, inventoryPath)
	if err != nil {
		return nil, err
	}
	folder, ok := ref.(*object.Folder)
	if !ok {
		return nil, fmt.Errorf("folder %q: not found", inventoryPath)
	}
	return folder, nil
}

// createFolder makes a folder, and those above it that are missing.
func (sim *simulation) createFolder(ctx context.Context, inventoryPath string) (string, error) {
	if strings.Trim(inventoryPath, "/") == "" {
		return "", errors.New(`createFolder: "path" is missing`)
	}
	if folder, err := sim.findFolder(ctx, inventoryPath); err == nil {
		return folder.Reference().Value, nil
	}
	above, name := path.Split(strings.TrimRight(inventoryPath, "/"))
	above = strings.TrimRight(above, "/")
	if strings.Count(above, "/") < 2 {
		return "", fmt.Errorf("folder %q: must lie below a datacenter's vm folder, as in /DC0/vm/prod", inventoryPath)
	}
	if _, err := sim.createFolder(ctx, above); err != nil {
		return "", err
	}
	parent, err := sim.findFolder(ctx, above)
	if err != nil {
		return "", err
	}
	folder, err := parent.CreateFolder(ctx, name)
	if err != nil {
		return "", err
	}
	return folder.Reference().Value, nil
}

func (sim *simulation) move(ctx context.Context, which, inventoryPath string) error {
	vm, _, err := sim.findVM(which)
	if err != nil {
		return err
	}
	folder, err := sim.findFolder(ctx, inventoryPath)
	if err != nil {
		return err
	}
	task, err := folder.MoveInto(ctx, []types.ManagedObjectReference{vm.Reference()})
	return finish(ctx, task, err)
}
