/* Faults: see ofi_fault.h. */
#include "wire/ofi_fault.h"

#include "tests/unit.h"

#include <string.h>

struct ofi_fault ofi_fault;

static struct {
    void *context[64];
    int error[64];
    int count;
} failures;

static uint64_t seed = 1;

static int is_turn(unsigned every)
{
    int now = every && unit_below(&seed, every) == 0;
    ofi_fault.faults += (unsigned)now;
    return now;
}

static ssize_t trouble(void)
{
    if (ofi_fault.refuse)
        return ofi_fault.refuse;
    if (is_turn(ofi_fault.again_every))
        return -FI_EAGAIN;
    return is_turn(ofi_fault.nomem_every) ? -FI_ENOMEM : 0;
}

static void remember(struct fid_ep *ep, const void *bytes, size_t n, fi_addr_t to)
{
    memcpy(ofi_fault.last, bytes, n);
    ofi_fault.last_size = n;
    ofi_fault.last_to = to;
    ofi_fault.last_ep = ep;
}

static ssize_t send_bytes(struct fid_ep *ep, const void *bytes, size_t n, void *region, fi_addr_t to, void *context)
{
    ssize_t rc = trouble();
    if (rc)
        return rc;
    ofi_fault.without_region += ofi_fault.wants_regions && !region;
    if (ofi_fault.fail_sends > 0 && failures.count < 64) {
        ofi_fault.fail_sends--;
        failures.context[failures.count] = context;
        failures.error[failures.count++] = ofi_fault.error;
        return 0;
    }
    remember(ep, bytes, n, to);
    return ofi_calls.send(ep, bytes, n, region, to, context);
}

static ssize_t inject_bytes(struct fid_ep *ep, const void *bytes, size_t n, fi_addr_t to)
{
    ssize_t rc = trouble();
    if (rc)
        return rc;
    remember(ep, bytes, n, to);
    return ofi_calls.inject(ep, bytes, n, to);
}

static ssize_t receive(struct fid_ep *ep, void *bytes, size_t n, void *region, void *context)
{
    if (is_turn(ofi_fault.unposted_every))
        return -FI_EAGAIN;
    ofi_fault.without_region += ofi_fault.wants_regions && !region;
    return ofi_calls.receive(ep, bytes, n, region, context);
}

static ssize_t pass_bytes(struct fid_ep *ep, const void *bytes, size_t n, void *region, fi_addr_t to, uint64_t tag,
                          void *context)
{
    ssize_t rc = trouble();
    if (rc)
        return rc;
    ofi_fault.without_region += ofi_fault.wants_regions && !region;
    ofi_fault.passed++;
    if (ofi_fault.fail_passes > 0 && failures.count < 64) {
        ofi_fault.fail_passes--;
        failures.context[failures.count] = context;
        failures.error[failures.count++] = ofi_fault.error;
        return 0;
    }
    return ofi_calls.pass(ep, bytes, n, region, to, tag, context);
}

static ssize_t expect_bytes(struct fid_ep *ep, void *bytes, size_t n, void *region, uint64_t tag, void *context)
{
    if (is_turn(ofi_fault.unposted_every))
        return -FI_EAGAIN;
    ofi_fault.without_region += ofi_fault.wants_regions && !region;
    return ofi_calls.expect(ep, bytes, n, region, tag, context);
}

static int forget(struct fid_ep *ep, void *context)
{
    return ofi_calls.forget(ep, context);
}

static int own(struct fid_domain *domain, void *memory, size_t size, uint64_t access, struct fid_mr **region)
{
    if (ofi_fault.no_regions & access)
        return -FI_ENOMEM;
    return ofi_calls.own(domain, memory, size, access, region);
}

static ssize_t completed(struct fid_cq *cq, struct fi_cq_data_entry *entries, size_t n)
{
    if (failures.count || is_turn(ofi_fault.noise_every))
        return -FI_EAVAIL;
    if (is_turn(ofi_fault.silent_every))
        return -FI_EAGAIN;
    return ofi_calls.completed(cq, entries, ofi_fault.one_by_one ? 1 : n);
}

static ssize_t failed(struct fid_cq *cq, struct fi_cq_err_entry *entry)
{
    if (failures.count) {
        entry->op_context = failures.context[--failures.count];
        entry->err = failures.error[failures.count];
        return 1;
    }
    ssize_t rc = ofi_calls.failed(cq, entry);
    if (rc == 1)
        return rc;
    entry->op_context = NULL;
    entry->err = FI_EOTHER;
    return 1;
}

static int may_sleep(struct fid_fabric *fabric, struct fid_cq *cq)
{
    return ofi_calls.may_sleep(fabric, cq);
}

static void imitate(struct fi_info *info)
{
    if (ofi_fault.wants_regions)
        info->domain_attr->mr_mode |= FI_MR_LOCAL;
    if (ofi_fault.inject_size)
        info->tx_attr->inject_size = ofi_fault.inject_size - 1;
}

const struct ofi_calls ofi_fault_calls = {
    .send = send_bytes,
    .inject = inject_bytes,
    .receive = receive,
    .pass = pass_bytes,
    .expect = expect_bytes,
    .forget = forget,
    .own = own,
    .completed = completed,
    .failed = failed,
    .may_sleep = may_sleep,
    .imitate = imitate,
};
