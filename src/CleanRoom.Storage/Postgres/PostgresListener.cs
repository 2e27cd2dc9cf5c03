using Npgsql;

namespace CleanRoom.Storage.Postgres;

/// <summary>Hears what other processes notify. When its connection is lost it makes a new one, and then says that something may have been missed.</summary>
internal sealed class PostgresListener : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly PostgresDatabase _database;
    private readonly string _channel;
    private readonly Action<string> _hear;
    private readonly Action _missed;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _listening;

    /// <param name="database">Where.</param>
    /// <param name="channel">A checked name.</param>
    /// <param name="hear">Gets each payload.</param>
    /// <param name="missed">Called when signals may have been lost.</param>
    public PostgresListener(PostgresDatabase database, string channel, Action<string> hear, Action missed)
    {
        (_database, _channel, _hear, _missed) = (database, channel, hear, missed);
        _listening = Task.Run(() => ListenAsync(_stop.Token));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listening.Wait();
        _stop.Dispose();
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _database.ConnectAsync(cancellationToken);
                connection.Notification += (_, notice) => _hear(notice.Payload);
                await new PostgresSession(connection).ExecuteAsync($"LISTEN {_channel}");
                _missed();
                while (true)
                {
                    await connection.WaitAsync(cancellationToken);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or InvalidOperationException or IOException)
            {
                // Nobody may wait for a signal that cannot come: they look for themselves, and hear from the store that it is away.
                _missed();
                await Task.Delay(Pause, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
