using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Charters;

namespace CleanRoom.Client.Rooms;

/// <summary>The chain is verified by everyone; whether it says of this member what this member said is for the member alone to check.</summary>
internal static class OwnWord
{
    /// <summary>Refuses a room whose log contradicts what this profile knows, whoever has cosigned it.</summary>
    /// <param name="profile">The member.</param>
    /// <param name="memory">What the profile remembers of the room.</param>
    /// <param name="joined">The newest charter that the profile kept when the log was read.</param>
    /// <param name="state">The room as the cosigned log says it is.</param>
    /// <param name="charters">Every version that took over, from genesis.</param>
    /// <exception cref="ClientException">The message says what contradicts, and what to do.</exception>
    public static void Require(MemberProfile profile, RoomMemory memory, RoomCharter joined, RoomState state, IReadOnlyList<SignedCharter> charters)
    {
        if (charters.Count == 0)
        {
            throw Refuse("The log holds no charter in force: do not use this room; compare its first entry with the charter that you signed.");
        }

        var signed = charters[^1];
        var charter = signed.Charter;
        if (joined.Version <= charter.Version && !charters.Any(version => version.Charter.Hash == joined.Hash))
        {
            throw Refuse(
                $"The room's charters do not include version {joined.Version} that this profile joined with ({joined.Hash}): do not use this room; ask the other members which charter they signed.");
        }

        if (memory.Genesis is { } genesis && state.Genesis != genesis)
        {
            throw Refuse(
                $"The room's log begins with another charter than the one that this profile trusted ({genesis}): the log was replaced; send nothing, and tell the other members.");
        }

        if (!charter.TryFind(profile.Member, out _))
        {
            throw new ClientException(ClientProblem.NotPermitted, $"The charter in force no longer lists {profile.Member}: it has left the room.");
        }

        _ = CharterFiles.RequireListed(charter, profile);
        if (charter.HasAVoice(profile.Member) && !HasSigned(profile, signed))
        {
            throw Refuse(
                $"{profile.Member} has not signed the charter in force (version {charter.Version}): read it with \"cleanroom charter show\", and sign or veto it.");
        }

        if (memory.SignedVersion(charter.Version) is { } own && own != charter.Hash)
        {
            throw Refuse(
                $"The charter in force (version {charter.Version}) is not the one that this profile signed ({own}): somebody else holds this organisation's key, or it was signed on another machine; find out before you send anything.");
        }
    }

    private static bool HasSigned(MemberProfile profile, SignedCharter signed) =>
        signed.Approvals.TryGetValue(profile.Member, out var approval)
        && CharterDecision.Verify(approval, profile.OrganisationKey, signed.Charter, profile.Member, Decision.Approve);

    private static ClientException Refuse(string message) => new(ClientProblem.VerificationFailed, message);
}
