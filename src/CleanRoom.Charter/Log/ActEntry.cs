using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>What a person does through the log. The words that the enclave reads are sealed in the entry; who did what kind of thing, and who seconded it, is not.</summary>
public enum ActKind
{
    /// <summary>A person helped has changed what she agrees to, for one record.</summary>
    Consent,

    /// <summary>The answer to a review item, or that a match is wrong.</summary>
    Answer,

    /// <summary>An agency asks for facts. Two officers.</summary>
    Request,

    /// <summary>A contributor grants fields, or refuses. Two releasers.</summary>
    Decision,

    /// <summary>What became of a disclosure.</summary>
    Outcome,

    /// <summary>An agency asks for a subject: once, or for later records too. Which of the two is sealed. Two officers.</summary>
    Watch,

    /// <summary>An agency withdraws a watch.</summary>
    Unwatch,

    /// <summary>A contributor warns an agency of an emergency about a record of its own. Two people of different roles.</summary>
    Emergency,

    /// <summary>A contributor's people override missing consent for one record and one agency. Two people of different roles.</summary>
    Override,

    /// <summary>A contributor ends an override before its time.</summary>
    Lift,

    /// <summary>A contributor opens what was drawn of its records for the auditor. Two releasers.</summary>
    Opening,

    /// <summary>A contributor gives facts that it was offered to give, to an agency that has not asked. Two releasers.</summary>
    Facts,
}

/// <summary>Who may do what: one table for readers, the enclave and the client.</summary>
public static class ActRules
{
    /// <summary>The words that stand in entries.</summary>
    public static IReadOnlyDictionary<string, ActKind> Words { get; } =
        Enum.GetValues<ActKind>().ToDictionary(kind => kind.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <summary>The word of a kind.</summary>
    public static string WordOf(ActKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Roles of which the signer needs one.</summary>
    public static PersonRoles RolesOf(ActKind kind, bool isAgency) => kind switch
    {
        ActKind.Consent => PersonRoles.Uploader,
        ActKind.Answer when isAgency => PersonRoles.Officer,
        ActKind.Answer => PersonRoles.Releaser | PersonRoles.Safeguarding,
        ActKind.Decision or ActKind.Opening or ActKind.Facts => PersonRoles.Releaser,
        ActKind.Emergency or ActKind.Override or ActKind.Lift => PersonRoles.Approver | PersonRoles.Releaser | PersonRoles.Safeguarding,
        _ => PersonRoles.Officer,
    };

    /// <summary>The single roles in a set of roles.</summary>
    internal static IEnumerable<PersonRoles> Each(PersonRoles roles) => Enum.GetValues<PersonRoles>().Where(role => role != PersonRoles.None && roles.HasFlag(role));

    /// <summary>Whether a member of this role in the charter may do this.</summary>
    public static bool MayAct(ActKind kind, CharterMember member) => kind switch
    {
        ActKind.Consent or ActKind.Decision or ActKind.Emergency or ActKind.Override or ActKind.Lift or ActKind.Opening or ActKind.Facts => member is ContributorMember,
        ActKind.Request or ActKind.Outcome or ActKind.Watch or ActKind.Unwatch => member is AgencyMember,
        _ => member is ContributorMember or AgencyMember,
    };

    /// <summary>Whether a second person has to sign before it counts.</summary>
    public static bool NeedsSecond(ActKind kind) => kind is ActKind.Request or ActKind.Decision or ActKind.Watch or ActKind.Emergency or ActKind.Override or ActKind.Opening or ActKind.Facts;

    /// <summary>Whether the two persons need different roles too.</summary>
    public static bool NeedsTwoRoles(ActKind kind) => kind is ActKind.Emergency or ActKind.Override;

    /// <summary>Whether two persons with these roles have, between them, two different ones of those that this kind asks for: one each.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="first">All roles of the one.</param>
    /// <param name="second">All roles of the other.</param>
    public static bool AreTwoRoles(ActKind kind, PersonRoles first, PersonRoles second)
    {
        var asked = RolesOf(kind, isAgency: false);
        return (first & asked) != PersonRoles.None && (second & asked) != PersonRoles.None && Each((first | second) & asked).Count() > 1;
    }

    /// <summary>Whether the entry names the request that it is about.</summary>
    public static bool IsAboutRequest(ActKind kind) => kind is ActKind.Decision or ActKind.Outcome;
}

/// <summary>A sealed act of a person (docs/protocol.md §3).</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry; of a request: its name from then on.</param>
/// <param name="Author">The member.</param>
/// <param name="Kind">What it is.</param>
/// <param name="About">The request that a decision or outcome is about, or the facts that an outcome is about; null for the others.</param>
/// <param name="Period">Period of the author's record key that it is sealed to.</param>
/// <param name="Sealed">enc ‖ HPKE ciphertext, at most <see cref="MaxSealed"/> bytes.</param>
public sealed record ActEntry(RoomId Room, EntryId Id, MemberId Author, ActKind Kind, EntryId? About, int Period, ReadOnlyMemory<byte> Sealed) : Entry(Room, Id, Author)
{
    /// <summary>Longest sealed act, in bytes.</summary>
    public const int MaxSealed = 16 << 10;

    /// <inheritdoc/>
    public override string Type => ActRules.WordOf(Kind);

    internal override void Write(JsonObject json)
    {
        if (About is { } about)
        {
            json["about"] = about.ToString();
        }

        json["period"] = Period;
        json["sealed"] = StrictBase64.EncodeUrl(Sealed.Span);
    }
}

/// <summary>The second signature of a two-person act: another person of the same member signs the hash of the first one's entry.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member.</param>
/// <param name="Of">Leaf hash of the first one's entry.</param>
public sealed record ConfirmEntry(RoomId Room, EntryId Id, MemberId Author, Digest Of) : Entry(Room, Id, Author)
{
    internal const string TypeName = "confirm";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json) => json["of"] = Of.ToString();
}

/// <summary>An act in the log.</summary>
/// <param name="Entry">What the entry says.</param>
/// <param name="Index">Its position.</param>
/// <param name="LeafHash">Its leaf hash: what a second person signs.</param>
/// <param name="Signer">Key of who signed first.</param>
/// <param name="Person">Name of who signed first.</param>
/// <param name="Roles">Roles of who signed first.</param>
/// <param name="ConfirmedAt">Position of the second signature; null if there is none.</param>
public sealed record LoggedAct(ActEntry Entry, long Index, Digest LeafHash, KeyId Signer, string Person, PersonRoles Roles, long? ConfirmedAt = null)
{
    /// <summary>The entry with the words that the enclave sealed anew; null while its own stand.</summary>
    public ActEntry? Resealed { get; init; }

    /// <summary>The entry with the words that stand for it now.</summary>
    public ActEntry Sealed => Resealed ?? Entry;

    /// <summary>Whether as many persons have signed as this kind needs.</summary>
    public bool Counts => ConfirmedAt is not null || !ActRules.NeedsSecond(Entry.Kind);

    /// <summary>Position from which it counts; null while it does not.</summary>
    public long? CountsAt => ActRules.NeedsSecond(Entry.Kind) ? ConfirmedAt : Index;
}
