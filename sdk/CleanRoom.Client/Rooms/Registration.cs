using CleanRoom.Charter;
using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Rooms;

/// <summary>What a member says to a room about itself, beside its keys.</summary>
public sealed record Registration
{
    /// <summary>Contributors that may get pointers about this member's records; null leaves the listing as it is. Contributors only.</summary>
    public IReadOnlyList<MemberId>? ListContributors { get; init; }

    /// <summary>Agencies that the standing authorisation names. Defaults to none.</summary>
    public IReadOnlyList<MemberId> AuthoriseAgencies { get; init; } = [];

    /// <summary>Purposes that the standing authorisation covers, codes of the list consentPurpose. Defaults to none.</summary>
    public IReadOnlyList<string> Purposes { get; init; } = [];
}

/// <summary>What a registration appended.</summary>
/// <param name="Appended">Words such as "person p1", "key record 1", "listing"; empty if all was there.</param>
public sealed record RegistrationResult(IReadOnlyList<string> Appended)
{
    /// <summary>The listing that counts in full only when another person has confirmed it (<see cref="RoomClient.ConfirmListingAsync"/>); null if none waits.</summary>
    public WaitingListing? Waiting { get; init; }
}
