using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Brokers;
using CleanRoom.Storage.Logs;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Tests.Contracts;

namespace CleanRoom.Storage.Tests.Postgres;

public sealed class PostgresLogStoreTests(PostgresServer server) : LogStoreContract, IAsyncLifetime
{
    private PostgresIngestionStore? _store;

    protected override ILogStore Store => _store!.Logs;

    public async ValueTask InitializeAsync() => _store = PostgresIngestionStore.Open(await server.GetSchemaAsync());

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class PostgresBatchStoreTests(PostgresServer server) : BatchStoreContract, IAsyncLifetime
{
    private PostgresIngestionStore? _store;

    protected override ILogStore Logs => _store!.Logs;

    protected override IBatchStore Store => _store!.Batches;

    public async ValueTask InitializeAsync() => _store = PostgresIngestionStore.Open(await server.GetSchemaAsync());

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class PostgresSlotStoreTests(PostgresServer server) : SlotStoreContract, IAsyncLifetime
{
    private PostgresSlotStore? _store;

    protected override ISlotStore Store => _store!;

    public async ValueTask InitializeAsync() => _store = PostgresSlotStore.Open(await server.GetSchemaAsync());

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class PostgresBrokerStoreTests(PostgresServer server) : BrokerStoreContract, IAsyncLifetime
{
    private PostgresBrokerStore? _store;

    protected override IBrokerStore Store => _store!;

    public async ValueTask InitializeAsync() => _store = PostgresBrokerStore.Open(await server.GetSchemaAsync());

    public ValueTask DisposeAsync()
    {
        _store?.Dispose();
        return ValueTask.CompletedTask;
    }
}
