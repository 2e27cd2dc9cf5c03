using CleanRoom.AgencyDesk;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using Npgsql;

// An agency's own program: files what the room says into the agency's database. See README.md beside it.
QuietHours? quiet = null;
if (args is not [var home, var roomId, var database, .. var rest] || !RoomId.TryParse(roomId, out var room) || rest.Length > 1 || (rest is [var hours] && !QuietHours.TryParse(hours, out quiet)))
{
    await Console.Error.WriteLineAsync("Use: cleanroom-agency-desk PROFILE-FOLDER ROOM POSTGRES-CONNECTION [\"22:00-07:00 Asia/Bangkok\"]");
    return 64;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    stop.Cancel();
};
try
{
    var profile = MemberProfile.Open(home, TimeProvider.System);
    using var client = await RoomClient.ConnectAsync(profile, room, null, stop.Token);
    await using var connection = new NpgsqlConnection(database);
    await connection.OpenAsync(stop.Token);
    var desk = await NoticeDesk.OpenAsync(connection, room, TimeProvider.System, quiet, stop.Token);
    return await desk.RunAsync(new InboxReader(client), follow: true, stop.Token) ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
catch (ClientException problem)
{
    await Console.Error.WriteLineAsync(problem.Message);
    return (int)problem.Problem;
}
