using CleanRoom.Client;
using CleanRoom.Transport;

namespace CleanRoom.Cli.Output;

/// <summary>Exit codes, after BSD's sysexits.h where that has one.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Interrupted = 130;
    public const int Internal = 70;

    public const string Table = """
        Exit codes:
          0   done
          1   a signature, proof, log, charter, message or receipt does not verify
          2   a person has to decide or answer something first; "evidence verify FILE", "evidence show": unusable input
          3   "evidence verify FILE": the evidence is rejected
          64  the command line is wrong
          65  the input is not what it should be
          66  an input is missing or cannot be read
          69  a service cannot be reached or is not ready
          70  a fault in this program
          73  a file or folder cannot be created
          74  reading or writing failed
          77  not permitted
          78  keys, profile or room are not set up for this
          130 interrupted
        """;

    public static int Of(ClientProblem problem) => (int)problem;

    public static ClientProblem Of(ErrorReason reason) => reason switch
    {
        ErrorReason.Unavailable or ErrorReason.DeadlineExceeded or ErrorReason.NotCosigned or ErrorReason.RateLimited
            or ErrorReason.ResourceExhausted or ErrorReason.StorageFailed or ErrorReason.Conflict or ErrorReason.Internal => ClientProblem.Unavailable,
        ErrorReason.PermissionDenied or ErrorReason.Unauthenticated or ErrorReason.RoleMissing or ErrorReason.UnknownKey or ErrorReason.UnknownMember
            or ErrorReason.KeyFrozen or ErrorReason.QuotaExceeded or ErrorReason.ConsentMissing => ClientProblem.NotPermitted,
        ErrorReason.InvalidArgument or ErrorReason.TooLarge or ErrorReason.CharterInvalid or ErrorReason.EntryInvalid or ErrorReason.BatchIncomplete => ClientProblem.BadData,
        ErrorReason.UnknownRoom or ErrorReason.NotFound or ErrorReason.FailedPrecondition or ErrorReason.AlreadyExists => ClientProblem.Configuration,
        _ => ClientProblem.VerificationFailed,
    };
}
