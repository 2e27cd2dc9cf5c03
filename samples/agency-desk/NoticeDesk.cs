using System.Data.Common;
using System.Globalization;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Inbox;

namespace CleanRoom.AgencyDesk;

/// <summary>
/// Files messages into a database. A message may be handed over twice (a process that was killed had not said that it was done), so each is filed in one transaction
/// under its number, and a number that is there already changes nothing. Only then is it acknowledged.
/// </summary>
/// <param name="connection">Any ADO.NET connection whose database knows ON CONFLICT: PostgreSQL, SQLite.</param>
/// <param name="room">The room.</param>
/// <param name="clock">Says when a message was filed.</param>
/// <param name="quiet">Hours in which nobody is woken but for a risk to life; null for none.</param>
internal sealed class NoticeDesk(DbConnection connection, RoomId room, TimeProvider clock, QuietHours? quiet)
{
    private const string Schema =
        """
        CREATE TABLE IF NOT EXISTS filed (room TEXT NOT NULL, number BIGINT NOT NULL, kind TEXT NOT NULL, received TEXT NOT NULL, PRIMARY KEY (room, number));
        CREATE TABLE IF NOT EXISTS notices (room TEXT NOT NULL, number BIGINT NOT NULL, reference TEXT NOT NULL, link TEXT NOT NULL, strength TEXT NOT NULL, sources TEXT NOT NULL,
          desks TEXT NOT NULL, handling TEXT NOT NULL, expires TEXT NOT NULL, simulated TEXT NOT NULL, PRIMARY KEY (room, number));
        CREATE TABLE IF NOT EXISTS requests (room TEXT NOT NULL, request TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, due TEXT NOT NULL, PRIMARY KEY (room, request));
        CREATE TABLE IF NOT EXISTS rings (room TEXT NOT NULL, number BIGINT NOT NULL, step BIGINT NOT NULL, about TEXT NOT NULL, ring_at TEXT NOT NULL, PRIMARY KEY (room, number, step));
        CREATE TABLE IF NOT EXISTS facts (room TEXT NOT NULL, number BIGINT NOT NULL, position BIGINT NOT NULL, request TEXT NOT NULL, case_number TEXT NOT NULL, purpose TEXT NOT NULL,
          field TEXT NOT NULL, fact TEXT NOT NULL, handling TEXT NOT NULL, PRIMARY KEY (room, number, position));
        """;

    /// <summary>Makes the tables if they are not there.</summary>
    public static async Task<NoticeDesk> OpenAsync(DbConnection connection, RoomId room, TimeProvider clock, QuietHours? quiet, CancellationToken cancellationToken)
    {
        var desk = new NoticeDesk(connection, room, clock, quiet);
        await desk.ExecuteAsync(null, Schema, cancellationToken);
        return desk;
    }

    /// <summary>Files what comes, and acknowledges it.</summary>
    /// <returns><see langword="false"/> after an alarm: a person has to look, and nothing behind it is taken.</returns>
    public async Task<bool> RunAsync(InboxReader inbox, bool follow, CancellationToken cancellationToken)
    {
        await foreach (var item in inbox.ReadAsync(follow, cancellationToken))
        {
            switch (item)
            {
                case InboxEvent.Received { Message: var message }:
                    await FileAsync(message, cancellationToken);
                    await inbox.AcknowledgeAsync(message.Number, cancellationToken);
                    break;
                case InboxEvent.Alarm alarm:
                    await Console.Error.WriteLineAsync($"{alarm.Reason}: {alarm.Text}");
                    return false;
            }
        }

        return true;
    }

    /// <summary>Files one message; durable when it returns.</summary>
    /// <returns>Whether it was new.</returns>
    public async Task<bool> FileAsync(InboxMessage message, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var isNew = await ExecuteAsync(
            transaction,
            "INSERT INTO filed (room, number, kind, received) VALUES (@room, @number, @kind, @received) ON CONFLICT DO NOTHING",
            cancellationToken,
            ("number", message.Number),
            ("kind", message.Content.Kind),
            ("received", Text(message.RoomTime))) == 1;
        if (isNew)
        {
            await FileRingsAsync(transaction, message, cancellationToken);
            await FileContentAsync(transaction, message, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return isNew;
    }

    /// <summary>Files when the agency's own pager rings: first (step 1), as a reminder (2), for the next person in the agency's list (3). Who has acted deletes the rows.</summary>
    private async Task FileRingsAsync(DbTransaction transaction, InboxMessage message, CancellationToken cancellationToken)
    {
        if (RingPlan.For(message.Content, clock.GetUtcNow(), quiet) is not { } plan)
        {
            return;
        }

        var about = message.Content switch
        {
            RoomMessage.Notice notice => notice.Match,
            RoomMessage.Status status => status.Id.ToString(),
            RoomMessage.Disclosed disclosed => disclosed.Id.ToString(),
            RoomMessage.NoticeFacts followed => followed.Id.ToString(),
            RoomMessage.Withdrawn withdrawn => withdrawn.Match ?? withdrawn.Id!.Value.ToString(),
            _ => "",
        };
        DateTimeOffset?[] steps = [plan.First, plan.Remind, plan.Escalate];
        for (var step = 0; step < steps.Length; step++)
        {
            if (steps[step] is { } at)
            {
                _ = await ExecuteAsync(
                    transaction,
                    "INSERT INTO rings (room, number, step, about, ring_at) VALUES (@room, @number, @step, @about, @at)",
                    cancellationToken,
                    ("number", message.Number),
                    ("step", step + 1L),
                    ("about", about),
                    ("at", Text(at)));
            }
        }
    }

    private async Task FileFactsAsync(
        DbTransaction transaction, long number, EntryId request, string caseNumber, string purpose, IReadOnlyList<RoomMessage.Fact> facts, IReadOnlyList<string> handling, CancellationToken cancellationToken)
    {
        for (var i = 0; i < facts.Count; i++)
        {
            _ = await ExecuteAsync(
                transaction,
                """
                INSERT INTO facts (room, number, position, request, case_number, purpose, field, fact, handling)
                VALUES (@room, @number, @position, @request, @case, @purpose, @field, @fact, @handling)
                """,
                cancellationToken,
                ("number", number),
                ("position", (long)i),
                ("request", request.ToString()),
                ("case", caseNumber),
                ("purpose", purpose),
                ("field", facts[i].Field),
                ("fact", facts[i].Text),
                ("handling", string.Join(' ', handling)));
        }
    }

    private async Task FileContentAsync(DbTransaction transaction, InboxMessage message, CancellationToken cancellationToken)
    {
        switch (message.Content)
        {
            case RoomMessage.Notice notice:
                _ = await ExecuteAsync(
                    transaction,
                    """
                    INSERT INTO notices (room, number, reference, link, strength, sources, desks, handling, expires, simulated)
                    VALUES (@room, @number, @reference, @link, @strength, @sources, @desks, @handling, @expires, @simulated)
                    """,
                    cancellationToken,
                    ("number", message.Number),
                    ("reference", notice.Match),
                    ("link", notice.Link),
                    ("strength", notice.Strength.ToString()),
                    ("sources", notice.Sources),
                    ("desks", string.Join(", ", notice.Ask.Select(desk => $"{desk.Member}: {desk.Contact}"))),
                    ("handling", string.Join(' ', notice.Handling)),
                    ("expires", Text(notice.Expires)),
                    ("simulated", message.Simulated ? "SIMULATED" : ""));
                break;
            case RoomMessage.Status status:
                _ = await ExecuteAsync(
                    transaction,
                    """
                    INSERT INTO requests (room, request, state, reason, due) VALUES (@room, @request, @state, @reason, @due)
                    ON CONFLICT (room, request) DO UPDATE SET state = excluded.state, reason = excluded.reason, due = excluded.due
                    """,
                    cancellationToken,
                    ("request", status.Id.ToString()),
                    ("state", status.State.ToString()),
                    ("reason", status.Reason ?? ""),
                    ("due", status.Until is { } until ? Text(until) : ""));
                break;
            case RoomMessage.Disclosed disclosed:
                await FileFactsAsync(transaction, message.Number, disclosed.Id, disclosed.CaseNumber, disclosed.Purpose, disclosed.Facts, disclosed.Handling, cancellationToken);
                break;
            case RoomMessage.NoticeFacts followed:
                await FileFactsAsync(transaction, message.Number, followed.Id, "", "", followed.Facts, followed.Handling, cancellationToken);
                break;
            case RoomMessage.Withdrawn withdrawn:
                _ = await ExecuteAsync(
                    transaction,
                    "DELETE FROM rings WHERE room = @room AND about = @what AND number < @number",
                    cancellationToken,
                    ("what", withdrawn.Match ?? withdrawn.Id!.Value.ToString()),
                    ("number", message.Number));

                // Deleted, not marked: what was told must be gone. That a message came under this number stays.
                _ = await ExecuteAsync(
                    transaction,
                    withdrawn.Match is null ? "DELETE FROM facts WHERE room = @room AND request = @what" : "DELETE FROM notices WHERE room = @room AND reference = @what",
                    cancellationToken,
                    ("what", withdrawn.Match ?? withdrawn.Id!.Value.ToString()));
                break;
        }
    }

    private async Task<int> ExecuteAsync(DbTransaction? transaction, string sql, CancellationToken cancellationToken, params (string Name, object Value)[] values)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // every text above is a constant
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in values.Length == 0 ? [] : values.Append(("room", (object)room.ToString())))
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            _ = command.Parameters.Add(parameter);
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
