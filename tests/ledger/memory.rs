//! The contract on the ledger in memory.

use hikyaku_core::memory::MemoryLedger;

use super::contract;

#[tokio::test(flavor = "current_thread")]
async fn the_ledger_in_memory_keeps_the_contract() {
    contract::exercise(&MemoryLedger::default()).await;
}
