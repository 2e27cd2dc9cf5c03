using System.Globalization;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Recovery;

/// <summary>How a witness's position is written so that it can be passed on in a letter: <c>MEMBER=SIZE@sha256:…</c>.</summary>
public static class RecoveryText
{
    /// <summary>Writes a position.</summary>
    public static string Write(WitnessPosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        return string.Create(CultureInfo.InvariantCulture, $"{position.Witness}={position.Last.Size}@{position.Last.Root}");
    }

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    /// <exception cref="ClientException">It is something else.</exception>
    public static WitnessPosition Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('=', 2) is [var name, var place] && place.Split('@', 2) is [var number, var hash]
            && MemberId.TryParse(name, out var member) && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size is >= 1 and <= RoomState.MaxEntries
            && Digest.TryParse(hash, out var root)
            && new WitnessPosition(member, new LogPosition(size, root)) is var position && Write(position) == text
                ? position
                : throw new ClientException(ClientProblem.Usage, "A position must be MEMBER=SIZE@sha256:…, as \"cleanroom charter recover position\" prints it.");
    }

    /// <summary>Says why a recovery does not hold, and what to do.</summary>
    public static string Describe(RecoveryVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return verdict.Refusal switch
        {
            RecoveryRefusal.None => "The recovery holds.",
            RecoveryRefusal.SignatureInvalid => $"The signature of {string.Join(", ", verdict.Invalid)} does not verify, or is of no contributor: let every contributor sign this very recovery.",
            RecoveryRefusal.SignaturesMissing => $"{string.Join(", ", verdict.Missing)} {(verdict.Missing.Count == 1 ? "has" : "have")} not signed: every contributor must.",
            RecoveryRefusal.OtherCharter => "The recovery names another charter than the newest one that this profile keeps: draft it again under that.",
            RecoveryRefusal.OtherRoom => "The recovery is for another room.",
            _ => "The recovery says for fewer witnesses than a quorum what they cosigned, or for one that the charter does not name: draft it again with the positions of more members.",
        };
    }
}
