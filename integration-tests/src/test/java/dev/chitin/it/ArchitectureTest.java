package dev.chitin.it;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.core.domain.properties.HasParameterTypes.Predicates.rawParameterTypes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.chitin.vault.SecretAccess;
import dev.chitin.vault.SecretFunction;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds the arrows of docs/ARCHITECTURE.md, and the few rules of style that a machine can see. */
class ArchitectureTest {
  private static JavaClasses chitin = new ClassFileImporter().importPackages("none");

  @BeforeAll
  static void read() {
    chitin =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(
                "dev.chitin.bus",
                "dev.chitin.audit",
                "dev.chitin.policy",
                "dev.chitin.vault",
                "dev.chitin.sandbox",
                "dev.chitin.gateway");
    assertThat(chitin).hasSizeGreaterThan(100);
  }

  @Test
  void aModuleUsesOnlyWhatItsArrowsReach() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("audit")
        .definedBy("dev.chitin.bus..", "dev.chitin.audit..")
        .layer("policy")
        .definedBy("dev.chitin.policy..")
        .layer("vault")
        .definedBy("dev.chitin.vault..")
        .layer("sandbox")
        .definedBy("dev.chitin.sandbox..")
        .layer("gateway")
        .definedBy("dev.chitin.gateway..")
        .whereLayer("gateway")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("sandbox")
        .mayOnlyBeAccessedByLayers("gateway")
        .whereLayer("policy")
        .mayOnlyBeAccessedByLayers("sandbox", "gateway")
        .whereLayer("vault")
        .mayOnlyBeAccessedByLayers("sandbox", "gateway")
        .whereLayer("audit")
        .mayOnlyBeAccessedByLayers("policy", "vault", "sandbox", "gateway")
        .check(chitin);
  }

  @Test
  void theBusKnowsNothingOfTheLog() {
    noClasses()
        .that()
        .resideInAPackage("dev.chitin.bus..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.chitin.audit..")
        .check(chitin);
  }

  @Test
  void theRoomsOfTheGatewayHaveNoCycles() {
    slices()
        .matching("dev.chitin.sandbox.(nativeos|bwrap|file|http|verticle|plan|exec)..")
        .should()
        .beFreeOfCycles()
        .check(chitin);
  }

  @Test
  void noClassKeepsStateInAStaticField() {
    fields()
        .that()
        .areStatic()
        .should()
        .beFinal()
        .andShould()
        .notHaveRawType(ConcurrentHashMap.class)
        .andShould()
        .notHaveRawType(AtomicReference.class)
        .check(chitin);
  }

  @Test
  void nobodyPrintsBesideTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.chitin.gateway.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(chitin);
  }

  @Test
  void namesSayWhatAClassIsFor() {
    noClasses()
        .should()
        .haveSimpleNameEndingWith("Manager")
        .orShould()
        .haveSimpleNameEndingWith("Helper")
        .orShould()
        .haveSimpleNameEndingWith("Util")
        .orShould()
        .haveSimpleNameEndingWith("Utils")
        .check(chitin);
  }

  @Test
  void nothingStartsAProcessButTheNativeLayer() {
    // The vault lies below the native layer; it starts one kind of process, the JDK's own.
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.chitin.vault.unlock.Argon2Process")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ProcessBuilder.class)
        .check(chitin);
  }

  /** What clients do not read is bounded in all; what is written past that account would not be. */
  @Test
  void answersAreWrittenWhereTheUnreadOnesAreCounted() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.chitin.gateway.http..", "dev.chitin.gateway.llm..")
        .and()
        .doNotHaveFullyQualifiedName("dev.chitin.gateway.http.UnsentAnswers")
        .should()
        .callMethodWhere(
            target(owner(assignableTo(HttpServerResponse.class)))
                .and(target(nameMatching("write|end|send|sendFile")))
                .and(target(not(rawParameterTypes(new Class<?>[0])))))
        .check(chitin);
  }

  /** Each class that may touch the bytes of a secret is named here; a further one is a decision. */
  @Test
  void onlyTheVaultTheHttpBackendAndThreeCommandsGetTheTokenForSecrets() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.chitin.vault..", "dev.chitin.sandbox.http..")
        .and()
        .doNotHaveFullyQualifiedName("dev.chitin.gateway.cli.SecretSender")
        .and()
        .doNotHaveFullyQualifiedName("dev.chitin.gateway.cli.SecretReader")
        .and()
        // Shows a recovery code, once.
        .doNotHaveFullyQualifiedName("dev.chitin.gateway.cli.VaultAddRecoveryCommand")
        .should()
        .callMethod(SecretAccess.class, "granted")
        .check(chitin);
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.chitin.vault..", "dev.chitin.sandbox.http..")
        .should()
        .dependOnClassesThat()
        .areAssignableTo(SecretFunction.class)
        .check(chitin);
  }

  @Test
  void runsOnJava25() {
    assertThat(Runtime.version().feature()).isGreaterThanOrEqualTo(25);
  }
}
