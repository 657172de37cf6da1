#! /bin/sh
# Where ranks run on this machine: the hosts that are all this one, allocations, and what the kernel says of binding.
# Placement on other machines is seen in tests/topologies.
# shellcheck source=tests/launch/common.sh
# shellcheck disable=SC2016,SC2086  # the ranks expand the variables
. "${0%/*}/common.sh"

unset SLURM_JOB_ID SLURM_JOBID PBS_JOBID JOB_ID LSB_JOBID HYDRA_HOST_FILE OMP_NUM_THREADS
mine() { sed -n 's/^Cpus_allowed_list:[[:blank:]]*//p' /proc/self/status; }
all=$(mine)
first=${all%%[,-]*}
where='read -r r <<EOF
$GODWIT_RANK
EOF
echo "$r $(sed -n "s/^Cpus_allowed_list:[[:blank:]]*//p" /proc/self/status)"'
place='echo $GODWIT_RANK of $GODWIT_SIZE, $GODWIT_LOCAL_RANK of $GODWIT_LOCAL_SIZE'

# ---- binding, as the kernel sees it ----

unbound() {
    job -n 2 sh -c "$where"
    gave 0 && said '' && wrote "$(printf '0 %s\n1 %s' "$all" "$all")"
}
check "ranks are not bound when nobody asks" unbound
one_cpu() {
    job --cpu-set "$first" -n 2 sh -c "$where"
    gave 0 && said '' && wrote "$(printf '0 %s\n1 %s' "$first" "$first")"
}
check "--cpu-set" one_cpu
by_list() {
    job -bind-to "user:$first" -n 2 sh -c "$where"
    gave 0 && said '' && wrote "$(printf '0 %s\n1 %s' "$first" "$first")"
}
check "-bind-to user:CPUS" by_list
whole() {
    job --bind-to board -n 1 sh -c "$where"
    gave 0 && said '' && wrote "0 $all"
}
check "--bind-to board" whole
hwthreads() {
    job --bind-to hwthread sh -c "$where"
    ranks=$(wc -l <"$out")
    # as many ranks as usable cpus, or fewer where a quota says so, each on a cpu of its own
    gave 0 && said '' && [ "$ranks" -gt 0 ] && [ "$(cut -d ' ' -f 2 "$out" | sort -u | wc -l)" = "$ranks" ] &&
        ! grep -q '[,-]' "$out"
}
check "--bind-to hwthread gives each rank its own" hwthreads
cores() {
    job --bind-to core sh -c "$where"
    ranks=$(wc -l <"$out")
    gave 0 && said '' && [ "$ranks" -gt 0 ] && [ "$(cut -d ' ' -f 2 "$out" | sort -u | wc -l)" = "$ranks" ]
}
check "--bind-to core gives each rank its own" cores
if command -v taskset >/dev/null 2>&1; then
    narrow() {
        status=0
        taskset -c "$first" mpirun -n 3 --bind-to core sh -c "$where" >"$out" 2>"$err" || status=$?
        gave 0 && said "mpirun: note: host '$host' has too few cores for 3 ranks, *" &&
            wrote "$(printf '0 %s\n1 %s\n2 %s' "$first" "$first" "$first")"
    }
    check "the affinity mask is respected; more ranks than cores get one sentence" narrow
    allowed() {
        status=0
        taskset -c "$first" mpirun -n 2 --bind-to core:overload-allowed sh -c "$where" >"$out" 2>"$err" || status=$?
        gave 0 && said '' && wrote "$(printf '0 %s\n1 %s' "$first" "$first")"
    }
    check "... and none with overload-allowed" allowed
    default_narrow() {
        status=0
        taskset -c "$first" mpirun sh -c "$place" >"$out" 2>"$err" || status=$?
        gave 0 && said '' && wrote '0 of 1, 0 of 1'
    }
    check "without -n, there are as many ranks as the mask has cpus" default_narrow
else
    skip "the affinity mask is respected" "there is no taskset"
fi

# ---- hosts ----

same_machine() {
    job -H "localhost:2,$host,127.0.0.1" sh -c "$place"
    gave 0 && said '' && wrote "$(printf '0 of 4, 0 of 4\n1 of 4, 1 of 4\n2 of 4, 2 of 4\n3 of 4, 3 of 4')"
}
check "hosts that are this machine are one node" same_machine
in_file() {
    printf '# this machine\n%s slots=1 max-slots=3\nlocalhost:1\n' "$host" >"$scratch/hosts"
    for option in --hostfile -machinefile -f; do
        job $option "$scratch/hosts" sh -c "$place"
        gave 0 && said '' && wrote "$(printf '0 of 2, 0 of 2\n1 of 2, 1 of 2')" || return 1
    done
    job --default-hostfile "$scratch/hosts" sh -c "$place"
    gave 0 && said '' && wrote "$(printf '0 of 2, 0 of 2\n1 of 2, 1 of 2')" || return 1
    printf 'moon slots=2\n' >>"$scratch/hosts"
    job --hostfile "$scratch/hosts" --display map --do-not-launch true
    gave 0 && grep -q '^  moon: 2 ranks, 2 slots$' "$err" || return 1
    printf '%s slots=1 max-slots=3\n' "$host" >"$scratch/hosts"
    job -f "$scratch/hosts" -n 4 true
    gave 2 && said "mpirun: 4 ranks on one host: '$host' takes 3 at most"
}
check "host files" in_file
slurm() {
    SLURM_JOB_ID=1 SLURM_JOB_NODELIST=$host SLURM_TASKS_PER_NODE=3 job sh -c "$place"
    gave 0 && said '' && wrote "$(printf '0 of 3, 0 of 3\n1 of 3, 1 of 3\n2 of 3, 2 of 3')" || return 1
    SLURM_JOB_ID=1 SLURM_JOB_NODELIST="$host,moon[1-2]" SLURM_TASKS_PER_NODE='1(x3)' job --display map \
        --do-not-launch true
    gave 0 && grep -q '^  moon2: 1 rank, 1 slot$' "$err" || return 1
    SLURM_JOB_ID=1 SLURM_JOB_NODELIST="$host,moon[1-2]" SLURM_TASKS_PER_NODE='1(x3)' job -H "$host" sh -c "$place"
    gave 0 && said '' && wrote '0 of 1, 0 of 1' || return 1
    SLURM_JOB_ID=1 SLURM_JOB_NODELIST="$host,moon[1-" job true
    gave 2 && said "mpirun: SLURM_JOB_NODELIST: host 'moon\\[1-' has a '\\[' without its '\\]'" || return 1
    SLURM_JOB_NODELIST=moon job -n 1 echo yes # no job's
    gave 0 && said '' && wrote yes
}
check "an allocation of Slurm" slurm
others() {
    printf '%s\n%s\n' "$host" "$host" >"$scratch/nodes"
    PBS_JOBID=1.x PBS_NODEFILE=$scratch/nodes job sh -c "$place"
    gave 0 && said '' && wrote "$(printf '0 of 2, 0 of 2\n1 of 2, 1 of 2')" || return 1
    printf '%s 2 all.q UNDEFINED\n' "$host" >"$scratch/pe"
    JOB_ID=1 PE_HOSTFILE=$scratch/pe job sh -c "$place"
    gave 0 && said '' && wrote "$(printf '0 of 2, 0 of 2\n1 of 2, 1 of 2')" || return 1
    LSB_JOBID=1 LSB_MCPU_HOSTS="$host 2" job sh -c "$place"
    gave 0 && said '' && wrote "$(printf '0 of 2, 0 of 2\n1 of 2, 1 of 2')" || return 1
    PBS_JOBID=1.x PBS_NODEFILE=$scratch/nowhere job true
    gave 2 && said "mpirun: cannot read PBS_NODEFILE '$scratch/nowhere': No such file or directory"
}
check "allocations of PBS, Grid Engine and LSF" others
mpmd() {
    job -n 1 -H localhost sh -c "$place; echo a" : -n 2 -H "$host:4" sh -c "$place"
    gave 0 && said '' && wrote "$(printf '0 of 3, 0 of 3\n1 of 3, 1 of 3\n2 of 3, 2 of 3\na')"
}
check "each program has its own hosts" mpmd

# ---- what is shown ----

shown() {
    job --report-bindings --cpu-set "$first" -n 2 true
    gave 0 && wrote '' && grep -q '^mpirun: 2 ranks on 1 host, mapped by slot, bound to the cpus' "$err" &&
        grep -q "^  $host (this host): 2 ranks" "$err" && grep -q '^    ranks 0-1  ' "$err"
}
check "--report-bindings" shown
not_started() {
    job --do-not-launch --display map,alloc -H "moon:2,sun[1-2],$host" touch "$scratch/started-it"
    gave 0 && wrote '' && [ ! -e "$scratch/started-it" ] &&
        grep -q '^mpirun: 5 ranks on 4 hosts, mapped by slot$' "$err" && grep -q '^  moon: 2 ranks, 2 slots$' "$err" &&
        grep -q "^  $host (this host): 1 rank, 1 slot" "$err" && grep -q '^    rank 4$' "$err"
}
check "--do-not-launch shows where ranks would run, on other hosts too" not_started

nothing_at_all() { nothing_left; }
check "nothing is left" nothing_at_all
plan
