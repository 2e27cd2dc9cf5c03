using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Client.Recovery;

/// <summary>
/// How members let a room go on when cosigned entries are lost for good: each asks its own broker what that cosigned, one drafts the statement, every contributor signs, one puts it into the log. It believes
/// nothing of the log that is left but what is cosigned, and compares it with what this profile has kept.
/// </summary>
public static class RoomRecovery
{
    /// <summary>Asks this member's broker for the last checkpoint that it cosigned.</summary>
    /// <param name="profile">The member.</param>
    /// <param name="room">A room that it has joined.</param>
    /// <param name="endpoints">Other addresses than the charter's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">The broker has cosigned nothing.</exception>
    public static async Task<WitnessPosition> ReadPositionAsync(MemberProfile profile, RoomId room, RoomEndpoints? endpoints, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        using var broker = BrokerClient.Connect(profile, profile.CharterOf(room).Charter, endpoints);
        var held = await broker.GetRoomAsync(room, cancellationToken).ConfigureAwait(false);
        return held.Root is { } root
            ? new WitnessPosition(profile.Member, new LogPosition(held.Size, root))
            : throw new ClientException(ClientProblem.Configuration, $"The broker of {profile.Member} has cosigned nothing of room {room}: leave it out.");
    }

    /// <summary>Writes the statement from what is left at ingestion and what the witnesses have cosigned.</summary>
    /// <param name="profile">A member that has joined the room.</param>
    /// <param name="room">The room.</param>
    /// <param name="positions">Of a quorum of the witnesses at least; those that are left out cannot go on.</param>
    /// <param name="reason">What happened, for people.</param>
    /// <param name="options">Addresses and clock.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">Nothing is lost, or what is left is not the beginning of what this profile has kept.</exception>
    public static async Task<RecoveryStatement> DraftAsync(
        MemberProfile profile, RoomId room, IReadOnlyCollection<WitnessPosition> positions, string reason, RoomClientOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(positions);
        options ??= new RoomClientOptions();
        var charter = profile.CharterOf(room).Charter;
        if (positions.Count < charter.Quorum)
        {
            throw new ClientException(
                ClientProblem.Usage, $"{positions.Count} witnesses are named and {charter.Quorum} must be: let more members run \"cleanroom charter recover position\".");
        }

        var memory = profile.OpenRoom(room);
        var left = await ReadWhatIsLeftAsync(profile, charter, options.Endpoints, cancellationToken).ConfigureAwait(false);
        RequireBeginning(memory, left.Held);
        var now = options.Time.GetUtcNow();
        var until = memory.CheckpointTime is { Time: var seen } && seen > now ? seen : now;
        try
        {
            return RecoveryStatement.Create(
                room, Math.Max(Math.Max(left.State.LastRecovery?.Number ?? 0, memory.Recovery), memory.LastSignedRecovery) + 1, charter.Hash, positions, left.Held,
                DateTimeOffset.FromUnixTimeSeconds(until.ToUnixTimeSeconds() + 1), reason);
        }
        catch (ArgumentException exception)
        {
            throw new ClientException(ClientProblem.BadData, $"This gives no recovery: {exception.Message}", exception);
        }
    }

    /// <summary>Says what a recovery takes away, as far as this profile has kept the log.</summary>
    public static LossReport Describe(MemberProfile profile, RecoveryStatement statement)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(statement);
        var own = LostEntries(profile, statement);
        return new LossReport(
            statement.Gap, own.Count, profile.OpenRoom(statement.Room).Checkpoint?.Size ?? 0,
            [.. own.Where(entry => entry.Entry.Author == profile.Member).GroupBy(entry => entry.Entry.Type, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new LossCount(group.Key, group.Count()))]);
    }

    /// <summary>Signs with the organisation key, after every check that this contributor can make itself.</summary>
    /// <param name="profile">A contributor.</param>
    /// <param name="recovery">With the signatures so far.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <param name="endpoints">Other addresses than the charter's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">The statement contradicts what this member knows: nothing is signed.</exception>
    public static async Task<SignedRecovery> SignAsync(
        MemberProfile profile, SignedRecovery recovery, string passphrase, RoomEndpoints? endpoints, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(recovery);
        var statement = recovery.Statement;
        var charter = profile.CharterOf(statement.Room).Charter;
        var memory = profile.OpenRoom(statement.Room);
        if (charter.Contributor(profile.Member) is null)
        {
            throw new ClientException(ClientProblem.NotPermitted, $"Contributors alone sign a recovery, and {profile.Member} is none: it gives its witness's position and resumes afterwards.");
        }

        RequireSignable(memory, charter, statement);
        var own = await ReadPositionAsync(profile, statement.Room, endpoints, cancellationToken).ConfigureAwait(false);
        if (statement.Lost.FirstOrDefault(position => position.Witness == profile.Member) != own)
        {
            throw new ClientException(
                ClientProblem.VerificationFailed,
                $"This member's broker stands at {RecoveryText.Write(own)}, and the recovery does not say so: it would not go on. Draft it again with that position.");
        }

        RequireBeginning(memory, statement.Surviving);
        using var key = profile.OpenOrganisationKey(passphrase);
        memory.RememberSigned(statement);
        return recovery.Sign(key, profile.Member);
    }

    /// <summary>Puts a recovery that all contributors have signed into the log that is left, with the charter versions that are lost.</summary>
    /// <param name="profile">A contributor.</param>
    /// <param name="recovery">With all signatures.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <param name="endpoints">Other addresses than the charter's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">A signature is missing, or the log has moved on.</exception>
    /// <exception cref="CleanRoomException">Ingestion refused or cannot be reached.</exception>
    public static async Task<AppendedEntry> SubmitAsync(
        MemberProfile profile, SignedRecovery recovery, string passphrase, RoomEndpoints? endpoints, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(recovery);
        var statement = recovery.Statement;
        var charter = profile.CharterOf(statement.Room).Charter;
        var verdict = recovery.Check(charter);
        if (!verdict.Holds)
        {
            throw new ClientException(ClientProblem.VerificationFailed, RecoveryText.Describe(verdict));
        }

        var left = await ReadWhatIsLeftAsync(profile, charter, endpoints, cancellationToken).ConfigureAwait(false);
        if (left.Held != statement.Surviving)
        {
            throw new ClientException(
                ClientProblem.VerificationFailed,
                $"Ingestion holds {left.Held.Size} entries and the recovery goes on from {statement.Surviving.Size}: either it was submitted already (\"cleanroom log verify\" shows it), or the log has moved on; then draft and sign it again.");
        }

        var lost = profile.OpenRoom(statement.Room).ReadCharters().Where(version => version.Charter.Version > left.State.Charter!.Version).ToList();
        using var key = profile.OpenOrganisationKey(passphrase);
        using var certificate = profile.OpenTransportCertificate();
        using var channel = ConnectTo(charter, endpoints, certificate);
        var leaf = new RecoveryEntry(statement.Room, RoomClient.NewEntryId(), profile.Member, lost, recovery).Sign(key);
        var response = await new IngestionService.IngestionServiceClient(channel.CallInvoker)
            .AppendAsync(new AppendRequest { Room = statement.Room.ToString(), Leaf = ByteString.CopyFrom(leaf) }, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new AppendedEntry((long)response.Index, response.Existed);
    }

    /// <summary>
    /// Appends again, as they were signed, this member's entries that this profile kept of the lost part: withdrawals, revocations and freezes among them. Batches are sealed anew by the next upload of the
    /// same file, and requests for disclosure, watches and searches are asked anew when the month's quota is there again. Idempotent.
    /// </summary>
    /// <param name="room">The room, connected after the recovery.</param>
    /// <param name="cancellationToken">Stops; what was appended stays.</param>
    /// <exception cref="ClientException">The room had no recovery.</exception>
    public static async Task<ReappendResult> ReappendAsync(RoomClient room, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(room);
        var statement = Last(room);
        var (appended, batches, refused) = (0, 0, new List<string>());
        var requests = new HashSet<Digest>();
        var last = -1L;
        foreach (var lost in LostEntries(room.Profile, statement).Where(entry => entry.Entry.Author == room.Profile.Member))
        {
            switch (lost.Entry)
            {
                case BatchEntry:
                    batches++;
                    continue;
                case ActEntry { Kind: ActKind.Request or ActKind.Watch or ActKind.Emergency or ActKind.Override or ActKind.Facts }:
                    _ = requests.Add(lost.LeafHash);
                    continue;
                case ConfirmEntry { Of: var of } when requests.Contains(of):
                case CharterEntry or RecoveryEntry or ResumeEntry or ReleaseEntry:
                    // Charters came with the recovery; a release was made to an instance that is gone.
                    continue;
            }

            try
            {
                var response = await room.Ingestion.AppendAsync(
                    new AppendRequest { Room = room.Room.ToString(), Leaf = ByteString.CopyFrom(lost.Leaf.Span) }, cancellationToken: cancellationToken).ConfigureAwait(false);
                last = Math.Max(last, (long)response.Index);
                appended++;
            }
            catch (CleanRoomException exception) when (exception.Reason is not (ErrorReason.Unavailable or ErrorReason.DeadlineExceeded or ErrorReason.RateLimited or ErrorReason.ResourceExhausted))
            {
                // What it speaks of is lost too: a slot of a lost batch, an answer to a lost match.
                refused.Add(lost.Entry.Type);
            }
        }

        if (last >= 0)
        {
            await room.WaitForAsync(last, cancellationToken).ConfigureAwait(false);
        }

        var records = new Uploads.Uploader(room).ForgetLost();
        return new ReappendResult(appended, batches, records, requests.Count, refused);
    }

    /// <summary>Says that this member has appended again what must not be forgotten: its keys may be released again. Not before <see cref="ReappendAsync"/>, in every profile of the member.</summary>
    /// <param name="room">The room, connected after the recovery.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">There is nothing to resume after.</exception>
    public static async Task<AppendedEntry> ResumeAsync(RoomClient room, string passphrase, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(room);
        var statement = Last(room);
        if (!room.State.Held.Contains(room.Profile.Member))
        {
            throw new ClientException(ClientProblem.NotPermitted, $"{room.Profile.Member} has resumed already, or is no member with a broker: nothing is to be done.");
        }

        using var key = room.Profile.OpenOrganisationKey(passphrase);
        return await room.AppendAsync(new ResumeEntry(room.Room, RoomClient.NewEntryId(), room.Profile.Member, statement.Number), key, cancellationToken).ConfigureAwait(false);
    }

    private static RecoveryStatement Last(RoomClient room) => room.State.LastRecovery
        ?? throw new ClientException(ClientProblem.NotPermitted, $"The log of room {room.Room} holds no recovery: there is nothing to append again.");

    private static void RequireSignable(RoomMemory memory, RoomCharter charter, RecoveryStatement statement)
    {
        var problem = statement switch
        {
            _ when statement.Charter != charter.Hash => $"it names another charter than version {charter.Version}, the newest one that this profile keeps; whoever lacks a version must get it first",
            _ when statement.Number <= memory.Recovery => $"recovery {memory.Recovery} is in the log already; a later one must have a higher number",
            _ when memory.SignedRecovery(statement.Number) is { } other && other != statement.Hash => $"this member has signed another recovery {statement.Number} ({other}); propose one with a higher number",
            _ when memory.CheckpointTime is { Time: var seen } && statement.Until < seen => "budgets would count as spent up to a time that is before this member's last checkpoint",
            _ when memory.Checkpoint is { } kept && kept.Size > statement.Surviving.Size && !statement.GivesUp(kept) =>
                $"this member has seen a cosigned log of {kept.Size} entries that is not among what it gives up; take up the position of its broker and draft it again",
            _ => null,
        };
        if (problem is not null)
        {
            throw new ClientException(ClientProblem.VerificationFailed, $"The recovery is not signed: {problem}.");
        }
    }

    /// <summary>What is left must be the beginning of what this profile has kept, as far as that goes.</summary>
    private static void RequireBeginning(RoomMemory memory, LogPosition left)
    {
        var frontier = new MerkleFrontier();
        foreach (var leaf in Leaves(Path.Combine(memory.Folder, LogExport.FileName)))
        {
            if (frontier.Size == left.Size)
            {
                break;
            }

            _ = frontier.Append(leaf.Hash);
        }

        if (frontier.Size == left.Size && frontier.Root != left.Root)
        {
            throw new ClientException(
                ClientProblem.VerificationFailed, $"What is left is no beginning of the log that this profile has kept: its first {left.Size} entries are others. That is a fork and no loss: sign nothing, and tell the other members.");
        }
    }

    private static IEnumerable<LogItem.Leaf> Leaves(string path) => File.Exists(path) ? LogExport.Read(path, out _).OfType<LogItem.Leaf>() : [];

    /// <summary>The entries beyond what is left that this profile kept and may see, as they stood.</summary>
    private static List<SignedEntry> LostEntries(MemberProfile profile, RecoveryStatement statement)
    {
        // Once the recovery is in the log, the kept log is the new one, and the old one lies aside.
        var memory = profile.OpenRoom(statement.Room);
        var path = memory.Recovery < statement.Number ? Path.Combine(memory.Folder, LogExport.FileName) : KeptLog.LostPath(memory.Folder, statement.Number);
        var lost = new List<SignedEntry>();
        foreach (var leaf in Leaves(path).Skip((int)statement.Surviving.Size))
        {
            if (SignedEntry.TryParse(leaf.Bytes.Span, out var entry, out _) && entry.Entry is not RecoveryEntry)
            {
                lost.Add(entry);
            }
        }

        return lost;
    }

    private static PinnedChannel ConnectTo(RoomCharter charter, RoomEndpoints? endpoints, X509Certificate2 certificate) =>
        PinnedChannel.Create(endpoints?.Ingestion ?? charter.Operator.Ingestion.Endpoint, charter.Operator.Ingestion.Tls, certificate);

    /// <summary>Reads the cosigned part of what ingestion holds as somebody who has seen nothing, and how much it holds in all.</summary>
    private static async Task<(RoomState State, LogPosition Held)> ReadWhatIsLeftAsync(
        MemberProfile profile, RoomCharter charter, RoomEndpoints? endpoints, CancellationToken cancellationToken)
    {
        using var certificate = profile.OpenTransportCertificate();
        using var channel = ConnectTo(charter, endpoints, certificate);
        var reader = new LogReader(channel, charter.Room);
        var cosigned = await reader.SyncAsync(fresh: false, onSegment: null, cancellationToken).ConfigureAwait(false);
        var response = await new IngestionService.IngestionServiceClient(channel.CallInvoker)
            .GetCheckpointAsync(new GetCheckpointRequest { Room = charter.Room.ToString() }, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!Digest.TryFromBytes(response.HeldRoot.Span, out var root) || response.HeldSize < (ulong)cosigned.Size || response.HeldSize > (ulong)RoomState.MaxEntries
            || (response.HeldSize == (ulong)cosigned.Size && root != cosigned.Root))
        {
            throw new ClientException(ClientProblem.VerificationFailed, "What ingestion says it holds is not what it gives to read: sign nothing, and tell the other members.");
        }

        return (reader.State, new LogPosition((long)response.HeldSize, root));
    }
}
