using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Recovery;

/// <summary>The last checkpoint that a member's witness cosigned before the loss.</summary>
/// <param name="Witness">The member whose broker it is.</param>
/// <param name="Last">Size and root.</param>
public sealed record WitnessPosition(MemberId Witness, LogPosition Last);

/// <summary>
/// What all contributors sign when entries of the log are lost for good (docs/protocol.md §2): from which log the room goes on, and what each witness had cosigned. Immutable; it cannot be wrong in form.
/// </summary>
/// <remarks>
/// It can be used once. A witness takes it only while its own last checkpoint is, byte for byte, the one that stands here for it; afterwards it stands in a log that holds the
/// statement itself, and no log that was lost can.
/// </remarks>
public sealed class RecoveryStatement
{
    /// <summary>The value of "schema".</summary>
    public const string Schema = "cleanroom/recovery/v1";

    /// <summary>Longest canonical form, in bytes.</summary>
    public const int MaxSize = 32 << 10;

    /// <summary>Longest reason, in characters.</summary>
    public const int MaxReason = 512;

    internal const int MaxNumber = 1_000_000;

    private readonly byte[] _bytes;

    private RecoveryStatement(Parts parts)
    {
        (Room, Number, Charter, Lost, Surviving, Until, Reason) = parts;
        _bytes = Write(parts);
        Hash = Digest.Of(_bytes);
    }

    /// <summary>The room.</summary>
    public RoomId Room { get; }

    /// <summary>Rises with each recovery of the room.</summary>
    public int Number { get; }

    /// <summary>Hash of the newest charter: its contributors sign.</summary>
    public Digest Charter { get; }

    /// <summary>What each witness last cosigned, by member; a quorum at least.</summary>
    public IReadOnlyList<WitnessPosition> Lost { get; }

    /// <summary>The log that is left: all of it goes on, and the entry with this statement is the next one.</summary>
    public LogPosition Surviving { get; }

    /// <summary>Budgets of the months and quarters up to this time count as spent.</summary>
    public DateTimeOffset Until { get; }

    /// <summary>What happened, in words.</summary>
    public string Reason { get; }

    /// <summary>The longest log that a witness of the list cosigned. Nobody acted on a longer one.</summary>
    public LogPosition Longest => Lost.MaxBy(position => position.Last.Size)!.Last;

    /// <summary>Entries that are lost at most.</summary>
    public long Gap => Longest.Size - Surviving.Size;

    /// <summary>SHA-256 of the canonical form: what is signed.</summary>
    public Digest Hash { get; }

    /// <summary>Whether a position that somebody kept is given up by this statement: it lies in the gap, and no witness of the list cosigned another root there.</summary>
    public bool GivesUp(LogPosition kept)
    {
        ArgumentNullException.ThrowIfNull(kept);
        return kept.Size > Surviving.Size && kept.Size <= Longest.Size && Lost.All(position => position.Last.Size != kept.Size || position.Last.Root == kept.Root);
    }

    /// <summary>Makes a statement.</summary>
    /// <param name="room">The room.</param>
    /// <param name="number">Above that of every earlier one.</param>
    /// <param name="charter">Hash of the newest charter.</param>
    /// <param name="lost">What the witnesses last cosigned, in any order.</param>
    /// <param name="surviving">The log that is left.</param>
    /// <param name="until">Whole seconds.</param>
    /// <param name="reason">One line.</param>
    /// <exception cref="ArgumentException">It would not parse: nothing is lost, two witnesses cosigned different logs of one size, or a part is out of range. The message names it.</exception>
    public static RecoveryStatement Create(
        RoomId room, int number, Digest charter, IEnumerable<WitnessPosition> lost, LogPosition surviving, DateTimeOffset until, string reason)
    {
        var bytes = Write(new Parts(room, number, charter, [.. lost.OrderBy(position => position.Witness)], surviving, until, reason));
        return TryParse(bytes, out var statement, out var error) ? statement : throw new ArgumentException(error.ToString());
    }

    /// <summary>The canonical form.</summary>
    public ReadOnlyMemory<byte> ToBytes() => _bytes;

    /// <summary>Parses the canonical form.</summary>
    /// <param name="canonicalJson">At most <see cref="MaxSize"/> bytes.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="error">The first thing that is wrong.</param>
    public static bool TryParse(ReadOnlySpan<byte> canonicalJson, [NotNullWhen(true)] out RecoveryStatement? statement, [NotNullWhen(false)] out CharterError? error)
    {
        statement = null;
        error = null;
        if (!StrictJson.TryParseCanonical(canonicalJson, out var document, MaxSize))
        {
            error = new CharterError("", "The recovery is not canonical JSON (RFC 8785) of at most 32 KiB", "let the cleanroom tool write it");
            return false;
        }

        using (document)
        {
            var problems = new Problems();
            statement = Read(new JsonFields(document.RootElement, "", problems));
            error = problems.Any ? problems.Errors[0] : null;
            return statement is not null;
        }
    }

    internal JsonNode ToJson() => JsonNode.Parse(_bytes)!;

    /// <summary>Null exactly if a problem was noted.</summary>
    internal static RecoveryStatement? Read(JsonFields fields)
    {
        fields.Constant("schema", Schema);
        var room = fields.ParsedValue<RoomId>("room", "is not a room id", "write a UUID in lower case with hyphens", RoomId.TryParse);
        var number = fields.Int("number", 1, MaxNumber);
        var charter = fields.Digest("charter");
        var lost = fields.List("lost", 1, RoomCharter.MaxMembers, (element, path) => ReadPosition(new JsonFields(element, path, fields.Problems)));
        var surviving = LogPosition.Read(fields.Object("surviving"));
        var until = fields.Time("until");
        var reason = fields.Text("reason", MaxReason);
        fields.End();
        if (fields.Problems.Any || surviving is null || reason is null)
        {
            return null;
        }

        for (var i = 1; i < lost.Count; i++)
        {
            if (lost[i - 1].Witness.CompareTo(lost[i].Witness) >= 0)
            {
                fields.Problems.Add(fields.PathOf("lost"), "is not sorted by witness, or names one twice", "sort it and name each once");
                return null;
            }
        }

        if (lost.GroupBy(position => position.Last.Size).Any(same => same.Select(position => position.Last.Root).Distinct().Count() > 1))
        {
            fields.Problems.Add(fields.PathOf("lost"), "holds two histories: witnesses cosigned different logs of one size", "this is a fork and no loss; compare the logs");
            return null;
        }

        if (lost.Max(position => position.Last.Size) is var longest && (longest <= surviving.Size || longest > RoomState.MaxEntries))
        {
            fields.Problems.Add(fields.PathOf("lost"), "holds no checkpoint beyond the log that is left", "nothing is lost: no recovery is needed");
            return null;
        }

        return new RecoveryStatement(new Parts(room!.Value, number!.Value, charter!, lost, surviving, until!.Value, reason));
    }

    private static WitnessPosition? ReadPosition(JsonFields fields)
    {
        var witness = fields.Member("witness");
        var last = LogPosition.Read(fields.Object("last"));
        fields.End();
        return witness is null || last is null ? null : new WitnessPosition(witness, last);
    }

    private static byte[] Write(Parts parts) => JsonBuild.Bytes(new JsonObject
    {
        ["charter"] = parts.Charter.ToString(),
        ["lost"] = JsonBuild.Objects(parts.Lost.Select(position => new JsonObject { ["last"] = position.Last.ToJson(), ["witness"] = position.Witness.Value })),
        ["number"] = parts.Number,
        ["reason"] = parts.Reason,
        ["room"] = parts.Room.ToString(),
        ["schema"] = Schema,
        ["surviving"] = parts.Surviving.ToJson(),
        ["until"] = ProtocolTime.Write(parts.Until),
    });

    private sealed record Parts(
        RoomId Room, int Number, Digest Charter, IReadOnlyList<WitnessPosition> Lost, LogPosition Surviving, DateTimeOffset Until, string Reason);
}
